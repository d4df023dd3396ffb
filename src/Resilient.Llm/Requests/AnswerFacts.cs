namespace Resilient.Llm.Requests;

/// <summary>How a request was answered: the source of the report, the metrics and the stored answers.</summary>
/// <remarks>Mutable struct, part of the <see cref="RequestContext"/>: no allocation of its own.</remarks>
internal struct AnswerFacts
{
    public AnswerSource Source { get; set; }

    public string? ServedBy { get; set; }

    public Endpoint? Endpoint { get; set; }

    public bool IsDegraded { get; set; }

    /// <summary>The age of a stored answer; null for new ones.</summary>
    public TimeSpan? Age { get; set; }

    public bool WasContinued { get; set; }

    /// <summary>Whether the model was asked with less than the whole history.</summary>
    public bool WasReduced { get; set; }

    /// <summary>Set by the root of a stream.</summary>
    public TimeSpan? TimeToFirstContent { get; set; }
}
