namespace Resilient.Llm.Failures;

/// <summary>Reads what code of the application or of an SDK may throw at: getters, collections, callbacks.</summary>
internal static class ForeignCode
{
    /// <summary>What the function returns for the subject; the default, which is null, where it throws.</summary>
    public static TResult? Try<TSubject, TResult>(TSubject subject, Func<TSubject, TResult?> read)
    {
        try
        {
            return read(subject);
        }
        catch (Exception)
        {
            return default;
        }
    }
}
