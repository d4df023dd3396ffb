namespace Resilient.Llm;

/// <summary>What a caller had seen of an attempt.</summary>
public enum AttemptDelivery
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>Reasoning, or what the provider's own tools did, but no part of the answer.</summary>
    Reasoning,

    /// <summary>The answer or a part of it.</summary>
    Content,
}
