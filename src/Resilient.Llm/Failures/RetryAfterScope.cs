using Resilient.Llm.Shared;

namespace Resilient.Llm.Failures;

/// <summary>Carries a Retry-After header from an SDK's HTTP handler to the exception that the SDK throws, which does not show it.</summary>
/// <remarks>
/// <code>
/// var box = RetryAfterScope.NewBox();                                   // null, and free of cost, unless a handler exists
/// try { using (RetryAfterScope.Enter(box)) { task = call(); } await task; }
/// catch (Exception e) when (RetryAfterScope.Attach(box, e)) { throw; }  // never catches
/// </code>
/// A new box for each call. For a stream, enter around the call that makes it and around the first <c>MoveNextAsync</c>, which makes the
/// HTTP call.
/// </remarks>
internal static class RetryAfterScope
{
    private static readonly AsyncLocal<Box?> s_current = new();
    private static volatile bool s_isUsed;

    /// <summary>The box of the provider call in progress; null when no handler exists.</summary>
    public static Box? Current => s_isUsed ? s_current.Value : null;

    /// <summary>Called once by every handler: boxes are made from now on.</summary>
    public static void Use() => s_isUsed = true;

    public static Box? NewBox() => s_isUsed ? new() : null;

    /// <summary>Makes the box current for what is started inside. Leave before awaiting: the call's flow has its own copy.</summary>
    public static AmbientScope<Box> Enter(Box? box) => box is null ? default : new(s_current, box);

    /// <summary>Called by every handler with what came back: the wait that it asks for is the call's, until the next answer.</summary>
    public static void Note(HttpResponseMessage? response, TimeProvider timeProvider)
    {
        if (Current is { } box)
        {
            box.IsWatched = true;
            box.Value = response is null ? null : RetryAfterHeader.Read(response, timeProvider);
        }
    }

    /// <summary>Writes the box's value onto the exception. Always false: an exception filter that leaves the stack unchanged.</summary>
    public static bool Attach(Box? box, Exception exception)
    {
        if (box is { IsWatched: true })
        {
            // Data is virtual and may be read-only: then the header is lost.
            ForeignCode.Run(exception, e => e.Data[RetryAfterHeader.DataKey] = (object?)box.Value ?? RetryAfterHeader.WasAbsent);
        }

        return false;
    }

    /// <summary>One call's Retry-After. Written by the handler on any thread, and read after the call.</summary>
    internal sealed class Box
    {
        private long _ticks = -1;
        private volatile bool _isWatched;

        /// <summary>Whether a handler has seen an answer of this call.</summary>
        public bool IsWatched
        {
            get => _isWatched;
            set => _isWatched = value;
        }

        /// <summary>The value of the call's last HTTP answer: an SDK that retries gets several.</summary>
        public TimeSpan? Value
        {
            get => Volatile.Read(ref _ticks) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;
            set => Volatile.Write(ref _ticks, value?.Ticks ?? -1);
        }
    }
}
