namespace Resilient.Llm.Requests;

/// <summary>What a request notes for the audit of its residency while it goes down the ladder.</summary>
/// <remarks>Written by one attempt at a time, like the context.</remarks>
internal sealed class ResidencyAudit
{
    private List<ResidencyRefusal>? _refusals;

    /// <summary>
    /// Whether another candidate than the first one that may have the data answered; or others were tried or passed over and none
    /// answered; or one refused the data after the ladder had chosen it.
    /// </summary>
    public bool HasFailedOver { get; set; }

    /// <summary>Why the request is refused before any endpoint is asked; null: it is not.</summary>
    public DataResidencyException? Refusal { get; set; }

    /// <summary>Whether no model at all could be asked because of the residency.</summary>
    public bool IsRefused { get; set; }

    public IReadOnlyList<ResidencyRefusal> Refusals => _refusals ?? [];

    public void Refuse(Endpoint endpoint, string reason) => Refuse(endpoint.Model, endpoint.Name, endpoint.Geography, reason);

    /// <summary>Takes over what a call noted that several requests shared.</summary>
    public void Adopt(ResidencyAudit shared)
    {
        HasFailedOver |= shared.HasFailedOver;
        IsRefused |= shared.IsRefused;
        foreach (var refusal in shared.Refusals)
        {
            Refuse(refusal);
        }
    }

    /// <summary>Notes which place did not get the data. Once each: a candidate may be looked at several times.</summary>
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
