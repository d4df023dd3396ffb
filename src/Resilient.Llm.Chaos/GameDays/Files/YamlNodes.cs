using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Parses YAML text into JSON nodes, so that one reader finds the same errors in both formats.</summary>
/// <remarks>
/// Uses the parser's events: no reflection. Only scalars that are written as in JSON become numbers, booleans or null; everything else is
/// text. Anchors, aliases and tags are refused, because a few lines of them can expand to gigabytes.
/// </remarks>
internal static partial class YamlNodes
{
    private const int MaxDepth = 32;

    /// <exception cref="FormatException">The text is not valid YAML, or uses an unsupported feature.</exception>
    public static JsonNode? Parse(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var parser = new Parser(new StringReader(yaml));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            var node = Node(parser, depth: 0);
            parser.Consume<DocumentEnd>();
            return parser.TryConsume<StreamEnd>(out _)
                ? node
                : throw Refused(parser.Current, "a second document", "Put one scenario into a file.");
        }
        catch (YamlException exception)
        {
            throw new FormatException(
                $"The scenario is no YAML: line {exception.Start.Line}, column {exception.Start.Column}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not FormatException)
        {
            // The parser does not detect every error: an unclosed brace makes it throw an exception for wrong API use.
            throw new FormatException(
                $"The scenario is no YAML: it cannot be read after line {parser.Current?.End.Line ?? 1}. "
                + "Look for a brace, bracket or quote that is not closed.",
                exception);
        }
    }

    private static JsonNode? Node(Parser parser, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Refused(parser.Current, "nested too deeply", $"A scenario needs no more than {MaxDepth} levels.");
        }

        if (parser.Current is AnchorAlias || parser.Current is NodeEvent { Anchor.IsEmpty: false })
        {
            throw Refused(parser.Current, "an anchor or an alias", "Write out what it stands for.");
        }

        if (parser.Current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } } tagged)
        {
            throw Refused(tagged, $"the tag {tagged.Tag}", "Leave it out.");
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            return Mapping(parser, depth);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, depth + 1));
            }

            return items;
        }

        return Value(parser.Consume<Scalar>());
    }

    private static JsonObject Mapping(Parser parser, int depth)
    {
        var mapping = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                throw Refused(parser.Current, "a key that is no text", "Keys are names such as duration.");
            }

            if (mapping.ContainsKey(key.Value))
            {
                throw Refused(key, $"the key '{key.Value}' for the second time", "Keep one of the two.");
            }

            mapping.Add(key.Value, Node(parser, depth + 1));
        }

        return mapping;
    }

    private static JsonValue? Value(Scalar scalar) => scalar switch
    {
        { Style: not ScalarStyle.Plain } => JsonValue.Create(scalar.Value),
        { Value: "" or "~" or "null" } => null,
        { Value: "true" } => JsonValue.Create(true),
        { Value: "false" } => JsonValue.Create(false),
        _ when Whole().IsMatch(scalar.Value)
            && long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            => JsonValue.Create(whole),
        _ when Number().IsMatch(scalar.Value)
            && double.Parse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture) is var number
            && double.IsFinite(number)
            => JsonValue.Create(number),
        _ => JsonValue.Create(scalar.Value),
    };

    private static FormatException Refused(ParsingEvent? at, string what, string remedy) =>
        new($"The scenario has {what} in line {at?.Start.Line}, column {at?.Start.Column}. {remedy}");

    [GeneratedRegex("^-?(0|[1-9][0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
