using System.Text.Json.Serialization;

namespace Resilient.Llm;

/// <summary>One attempt: a step that was called or skipped while answering a request.</summary>
/// <remarks>Plain data: no exceptions, host names or content. Serialises with <see cref="ResilienceReportJsonContext"/>.</remarks>
public sealed record AttemptReport
{
    /// <summary>Gets the step's name: a model as configured, "cache" or "last-resort".</summary>
    public required string Step { get; init; }

    /// <summary>Gets the endpoint of the model; null if the step has none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Gets what went wrong; null when this step answered or declined.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>
    /// Gets the type of the exception behind <see cref="Failure"/>, for example "HttpRequestException". Its message may hold content and is
    /// left out.
    /// </summary>
    public string? ExceptionType { get; init; }

    /// <summary>Gets why the step was not called, or why it declined; null when it was called and answered or failed.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Gets the time spent on this step; zero when it was skipped.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Gets why the step was called: as the next one down, as a hedge, or to continue a broken stream.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AttemptRole Role { get; init; }

    /// <summary>Gets what the caller had seen of it when it ended. After reasoning alone another step can still take over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AttemptDelivery Delivered { get; init; }
}
