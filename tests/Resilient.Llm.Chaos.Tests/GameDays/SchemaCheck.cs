using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Validates JSON against the part of JSON Schema (2020-12) that docs/game-day.schema.json uses. A keyword that it does not know fails the test: it would be checked by nobody.</summary>
internal static class SchemaCheck
{
    private static readonly string[] s_comments = ["$schema", "title", "description", "$defs"];

    private static readonly Lazy<JsonObject> s_root = new(static () => JsonNode.Parse(File.ReadAllText(Repository.Path("docs", "game-day.schema.json")))!.AsObject());

    public static bool IsValid(string json) => IsValid(JsonNode.Parse(json), s_root.Value);

    private static bool IsValid(JsonNode? node, JsonNode schema) => schema.AsObject().All(rule => s_comments.Contains(rule.Key) || Holds(node, rule.Key, rule.Value!, schema));

    private static bool Holds(JsonNode? node, string keyword, JsonNode rule, JsonNode schema) => keyword switch
    {
        "$ref" => IsValid(node, s_root.Value["$defs"]![rule.GetValue<string>()["#/$defs/".Length..]]!),
        "type" => TypeOf(node, rule.GetValue<string>()),
        "enum" => rule.AsArray().Any(choice => JsonNode.DeepEquals(choice, node)),
        "oneOf" => rule.AsArray().Count(choice => IsValid(node, choice!)) == 1,
        "anyOf" => rule.AsArray().Any(choice => IsValid(node, choice!)),
        "if" => !IsValid(node, rule) || IsValid(node, schema["then"]!),
        "then" => true,
        "required" => node is not JsonObject it || rule.AsArray().All(key => it.ContainsKey(key!.GetValue<string>())),
        "properties" => node is not JsonObject it || it.All(pair => rule[pair.Key] is not { } property || IsValid(pair.Value, property)),
        "additionalProperties" => node is not JsonObject it || it.All(pair => schema["properties"]![pair.Key] is not null),
        "items" => node is not JsonArray list || list.All(item => IsValid(item, rule)),
        "minItems" => node is not JsonArray list || list.Count >= rule.GetValue<int>(),
        "pattern" => !TypeOf(node, "string") || Regex.IsMatch(node!.GetValue<string>(), rule.GetValue<string>()),
        "minimum" => !TypeOf(node, "number") || node!.GetValue<double>() >= rule.GetValue<double>(),
        "maximum" => !TypeOf(node, "number") || node!.GetValue<double>() <= rule.GetValue<double>(),
        "exclusiveMinimum" => !TypeOf(node, "number") || node!.GetValue<double>() > rule.GetValue<double>(),
        _ => throw new NotSupportedException($"The schema uses '{keyword}', which this check does not know."),
    };

    private static bool TypeOf(JsonNode? node, string type) => type switch
    {
        "object" => node is JsonObject,
        "array" => node is JsonArray,
        "string" => node?.GetValueKind() == System.Text.Json.JsonValueKind.String,
        "boolean" => node?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "number" => node?.GetValueKind() == System.Text.Json.JsonValueKind.Number,
        "integer" => TypeOf(node, "number") && double.IsInteger(node!.GetValue<double>()),
        _ => throw new NotSupportedException($"The schema uses the type '{type}', which this check does not know."),
    };
}

/// <summary>Files of the repository that tests look at.</summary>
internal static class Repository
{
    public static string Path(params string[] parts)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Resilient.Llm.sln")))
        {
            folder = Directory.GetParent(folder)?.FullName ?? throw new InvalidOperationException("The tests do not run within the repository.");
        }

        return System.IO.Path.Combine([folder, .. parts]);
    }
}
