using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Two tools, and how often each was run for which city.</summary>
internal sealed class Tools
{
    public const string Weather = "weather";

    public const string Time = "time";

    public static readonly string[] Names = [Weather, Time];

    private readonly ConcurrentDictionary<string, int> _runs = new();

    /// <summary>"weather Paris" and so on, each with how often it was run.</summary>
    public IReadOnlyDictionary<string, int> Runs => _runs;

    public IList<AITool> Functions => [AIFunctionFactory.Create(WeatherIn, Weather), AIFunctionFactory.Create(TimeIn, Time)];

    public Delegate MethodOf(string name) => name == Weather ? WeatherIn : TimeIn;

    public static string ResultOf(string name, string city) =>
        name.EndsWith(Weather, StringComparison.Ordinal) ? $"Sunny in {city}" : $"Noon in {city}";

    /// <summary>The city in the arguments of a call.</summary>
    public static string CityOf(string argumentsJson) =>
        argumentsJson.Length > 0 && JsonDocument.Parse(argumentsJson).RootElement is { ValueKind: JsonValueKind.Object } arguments
        && arguments.TryGetProperty("city", out var city)
            ? city.GetString()!
            : argumentsJson;

    /// <summary>
    /// A result as the tool gave it: adapters send it as a text, or as JSON; that of an MCP server is a content with a text.
    /// </summary>
    public static string Plain(string result)
    {
        if (result is not ['"', .., '"'] and not ['{', ..])
        {
            return result;
        }

        var json = JsonDocument.Parse(result).RootElement;
        return json.ValueKind == JsonValueKind.String ? json.GetString()!
            : json.TryGetProperty("text", out var text) ? text.GetString()!
            : result;
    }

    [Description("The weather in a city.")]
    public string WeatherIn([Description("The city.")] string city) => Run(Weather, city);

    [Description("The time in a city.")]
    public string TimeIn([Description("The city.")] string city) => Run(Time, city);

    private string Run(string name, string city)
    {
        _runs.AddOrUpdate($"{name} {city}", 1, static (_, runs) => runs + 1);
        return ResultOf(name, city);
    }
}
