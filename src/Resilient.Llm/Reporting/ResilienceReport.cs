using System.Text.Json.Serialization;
using Resilient.Llm.Reporting;

namespace Resilient.Llm;

/// <summary>How a request was answered: by which step, how fast, and what failed before.</summary>
/// <remarks>
/// Plain data: no exceptions, host names or content. Serialises with <see cref="ResilienceReportJsonContext"/>, also with native AOT.
/// </remarks>
public sealed record ResilienceReport
{
    /// <summary>Gets the kind of step that answered; <see cref="AnswerSource.None"/> for a request without an answer.</summary>
    public AnswerSource Source { get; init; }

    /// <summary>Gets the name of the step that answered: a model as configured, "cache" or "last-resort"; null when none did.</summary>
    public string? ServedBy { get; init; }

    /// <summary>Gets the endpoint that answered; null if the step has none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Gets the declared region of that endpoint.</summary>
    public string? Region { get; init; }

    /// <summary>Gets the declared geography that the answer came from.</summary>
    public string? Geography { get; init; }

    /// <summary>
    /// Gets whether another step than the first answered, or a shorter history was answered. Not so for a sibling region of the first step,
    /// nor for its stored answer that was served before asking.
    /// </summary>
    public bool IsDegraded { get; init; }

    /// <summary>
    /// Gets the time from the request to the answer or the end of the stream; in the report before first content, to that content.
    /// </summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Gets the time from the request to the first content of a stream; null for plain answers, and if none came.</summary>
    public TimeSpan? TimeToFirstContent { get; init; }

    /// <summary>Gets the age of a stored answer; null for fresh ones.</summary>
    public TimeSpan? AnswerAge { get; init; }

    /// <summary>
    /// Gets whether the stream broke and another call continued it, so that the answer has more than one author. False in the report
    /// before first content.
    /// </summary>
    public bool WasContinued { get; init; }

    /// <summary>
    /// Gets whether the history was too long and the model answered a shorter one, which a chat reducer made. The answer then counts as
    /// degraded.
    /// </summary>
    public bool WasReduced { get; init; }

    /// <summary>
    /// Gets every attempt, called or skipped, in the order in which they ended: of two in parallel, the loser first. Empty in the report
    /// before first content.
    /// </summary>
    public IReadOnlyList<AttemptReport> Attempts { get; init; } = [];

    /// <summary>The report in one readable line: which endpoint answered, how fast, whether degraded, and every attempt.</summary>
    public override string ToString() => ReportLine.Of(this);
}

/// <summary>JSON metadata of <see cref="ResilienceReport"/>, for serialisation without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ResilienceReport))]
public sealed partial class ResilienceReportJsonContext : JsonSerializerContext;
