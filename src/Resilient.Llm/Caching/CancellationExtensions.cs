namespace Resilient.Llm;

internal static class CancellationExtensions
{
    /// <summary>Cancels, and lets no exception of somebody else's callback through to whoever happens to cancel.</summary>
    public static void CancelQuietly(this CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // Callbacks registered by a store or a provider failed. The call they belong to is already abandoned.
        }
    }
}
