namespace Resilient.Llm.Requests;

/// <summary>How a request was answered: what the report, the metrics and the stored answers are made of.</summary>
/// <remarks>Mutable struct, part of the <see cref="RequestContext"/>: it costs no allocation of its own.</remarks>
internal struct AnswerFacts
{
    public AnswerSource Source { get; set; }

    public string? ServedBy { get; set; }

    public Endpoint? Endpoint { get; set; }

    public bool IsDegraded { get; set; }

    /// <summary>How old a stored answer is; null for fresh ones.</summary>
    public TimeSpan? Age { get; set; }

    public bool WasContinued { get; set; }

    /// <summary>Set by the root of a stream.</summary>
    public TimeSpan? TimeToFirstContent { get; set; }
}
