namespace Resilient.Llm.Requests;

/// <summary>What a request records for the audit of its residency on its way down the ladder.</summary>
/// <remarks>Written by one attempt at a time, like the context.</remarks>
internal sealed class ResidencyAudit
{
    private List<ResidencyRefusal>? _refusals;

    /// <summary>
    /// Whether a later step than the first that may have the data answered, or steps were tried or skipped and none answered, or one
    /// refused the data after the ladder had chosen it.
    /// </summary>
    public bool HasFailedOver { get; set; }

    /// <summary>Why the request is refused before any endpoint is asked; null if it is not.</summary>
    public DataResidencyException? Refusal { get; set; }

    /// <summary>Whether no model at all could be asked because of the residency.</summary>
    public bool IsRefused { get; set; }

    public IReadOnlyList<ResidencyRefusal> Refusals => _refusals ?? [];

    public void Refuse(Endpoint endpoint, string reason) => Refuse(endpoint.Model, endpoint.Name, endpoint.Geography, reason);

    /// <summary>Takes over the notes of a call that several requests shared.</summary>
    public void Adopt(ResidencyAudit shared)
    {
        HasFailedOver |= shared.HasFailedOver;
        IsRefused |= shared.IsRefused;
        foreach (var refusal in shared.Refusals)
        {
            Refuse(refusal);
        }
    }

    /// <summary>Notes a place that did not get the data. Once each: a step may be checked several times.</summary>
    public void Refuse(string candidate, string? endpoint, string? geography, string reason) =>
        Refuse(new(candidate, endpoint, geography, reason));

    private void Refuse(ResidencyRefusal refusal)
    {
        if (_refusals is null || !_refusals.Contains(refusal))
        {
            (_refusals ??= []).Add(refusal);
        }
    }
}
