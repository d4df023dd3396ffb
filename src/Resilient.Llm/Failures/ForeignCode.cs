namespace Resilient.Llm.Failures;

/// <summary>Calls application or SDK code that may throw: getters, collections, callbacks.</summary>
internal static class ForeignCode
{
    /// <summary>The function's result for the subject; the default, which is null, if it throws.</summary>
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

    /// <summary>Runs the action on the subject and ignores its exceptions.</summary>
    public static void Run<TSubject>(TSubject subject, Action<TSubject> act) =>
        Try((subject, act), static call =>
        {
            call.act(call.subject);
            return true;
        });
}
