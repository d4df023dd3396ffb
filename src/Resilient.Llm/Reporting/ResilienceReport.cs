using System.Text.Json.Serialization;

namespace Resilient.Llm;

/// <summary>How a request was answered: which rung, how long it took, and what failed on the way.</summary>
/// <remarks>Plain data: no exception, no host name, no content. Serialises with <see cref="ResilienceReportJsonContext"/>, also under native AOT.</remarks>
public sealed record ResilienceReport
{
    /// <summary>The kind of rung that answered; <see cref="AnswerSource.None"/> in the report of a request that was not answered.</summary>
    public AnswerSource Source { get; init; }

    /// <summary>The name of the rung that answered: a model as configured, "cache" or "last-resort"; null when none did.</summary>
    public string? ServedBy { get; init; }

    /// <summary>The endpoint that answered; null where a rung has none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The region of that endpoint, as declared.</summary>
    public string? Region { get; init; }

    /// <summary>The geography that the answer came from, as declared.</summary>
    public string? Geography { get; init; }

    /// <summary>Whether any but the first rung answered. A sibling region of the first rung is not a degradation, nor is a stored answer of the first rung that was served before asking.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>From the request to the answer or to the end of the stream; in the short form on a stream's first content, to that content.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>From the request to the first content of a stream; null for plain answers, and where none came.</summary>
    public TimeSpan? TimeToFirstContent { get; init; }

    /// <summary>How old a stored answer is; null for fresh ones.</summary>
    public TimeSpan? AnswerAge { get; init; }

    /// <summary>Whether the stream broke off and another call went on with it: the answer has more than one author. Never so in the short form.</summary>
    public bool WasContinued { get; init; }

    /// <summary>Every candidate tried or passed over, in the order in which they ended: of two that ran at once, the loser first. Empty in the short form on a stream's first content.</summary>
    public IReadOnlyList<AttemptReport> Attempts { get; init; } = [];
}

/// <summary>JSON metadata of <see cref="ResilienceReport"/>: serialises it without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ResilienceReport))]
public sealed partial class ResilienceReportJsonContext : JsonSerializerContext;
