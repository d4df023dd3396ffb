namespace Resilient.Llm.Utilities;

/// <summary>Estimates tokens from characters where they have not been counted.</summary>
internal static class TokenEstimate
{
    /// <summary>The common rule of thumb for English; other scripts need more.</summary>
    public const int CharactersPerToken = 4;
}
