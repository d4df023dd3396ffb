namespace Resilient.Llm.Failures;

/// <summary>Calls code of the application or of an SDK that may throw: getters, collections, callbacks.</summary>
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

    /// <summary>Acts on the subject, and goes on where that throws.</summary>
    public static void Run<TSubject>(TSubject subject, Action<TSubject> act) =>
        Try((subject, act), static call =>
        {
            call.act(call.subject);
            return true;
        });
}
