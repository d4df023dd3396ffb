using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>What a <see cref="ScriptedChatClient"/> does with one call, plain or streaming. Immutable: the methods return changed copies.</summary>
/// <remarks>
/// A step is a stream: a preamble (role, no content), the contents one update each, then usage and finish reason. A plain call gets
/// the same, collected. A step that waits for nothing completes synchronously.
/// </remarks>
public sealed record Scripted
{
    private Scripted()
    {
    }

    public IReadOnlyList<AIContent> Contents { get; private init; } = [];

    public ChatFinishReason? FinishReason { get; private init; } = ChatFinishReason.Stop;

    public UsageDetails? Usage { get; private init; }

    /// <summary>Thrown after <see cref="BreaksAfter"/> contents, or by the call itself when it <see cref="ThrowsSynchronously"/>.</summary>
    public Func<Exception>? Failure { get; private init; }

    /// <summary>After how many contents it fails or stalls. Zero: right after the preamble; below zero: before it.</summary>
    public int BreaksAfter { get; private init; } = -1;

    public bool ThrowsSynchronously { get; private init; }

    /// <summary>Waited for before the preamble.</summary>
    private Func<CancellationToken, Task>? Before { get; init; }

    /// <summary>Waited for before each content.</summary>
    private Func<CancellationToken, Task>? BeforeEach { get; init; }

    private Func<CancellationToken, Task>? AtBreak { get; init; }

    private bool IsDeaf { get; init; }

    /// <summary>A whole answer; streamed, each chunk is one update.</summary>
    public static Scripted Answer(params string[] chunks) => Give([.. chunks.Select(static chunk => new TextContent(chunk))]);

    /// <summary>An answer of any contents, one update each: tool calls, data, reasoning.</summary>
    public static Scripted Give(params AIContent[] contents) => new() { Contents = contents };

    /// <summary>Throws. Each call throws the same instance.</summary>
    public static Scripted Throw(Exception failure) => Throw(() => failure);

    /// <summary>Throws what the function makes, anew for each call.</summary>
    public static Scripted Throw(Func<Exception> failure) => new() { Failure = failure };

    /// <summary>Throws out of the method itself (plain) or out of the first <c>MoveNextAsync</c> (stream), not through the task.</summary>
    public static Scripted ThrowSynchronously(Exception failure) => new() { Failure = () => failure, ThrowsSynchronously = true };

    /// <summary>Shows no life until it is cancelled.</summary>
    public static Scripted Hang() => new() { Before = Cancellation };

    /// <summary>Ignores its token, as some SDKs do, until the test completes the task; then answers.</summary>
    public static Scripted HangUntil(Task release, string thenAnswer = "late") => Answer(thenAnswer).After(release);

    /// <summary>A role and an end: no content, no finish reason.</summary>
    public static Scripted Preamble() => new() { FinishReason = null };

    /// <summary>The same, but shows no life until the time has passed on that clock. Obeys its token.</summary>
    public Scripted Delayed(TimeProvider clock, TimeSpan by) => this with { Before = token => InPlaceDelay.WaitAsync(clock, by, token) };

    /// <summary>The same, but pauses before each content. Obeys its token.</summary>
    public Scripted Paced(TimeProvider clock, TimeSpan pause) => this with { BeforeEach = token => InPlaceDelay.WaitAsync(clock, pause, token) };

    /// <summary>The same, but only after the task has completed, and deaf to its token.</summary>
    public Scripted After(Task release) => this with { Before = _ => release, IsDeaf = true };

    /// <summary>The same, but changes to another thread before each content: for tests under contention, not in virtual time.</summary>
    public Scripted HoppingThreads() => this with { BeforeEach = static async _ => await Task.Yield() };

    /// <summary>The same, but breaks off after so many contents.</summary>
    public Scripted BreakingAfter(int contents, Exception failure) => this with { BreaksAfter = Math.Min(contents, Contents.Count), Failure = () => failure };

    /// <summary>The same, but stops dead after so many contents, until it is cancelled.</summary>
    public Scripted StallingAfter(int contents) => this with { BreaksAfter = Math.Min(contents, Contents.Count), AtBreak = Cancellation };

    /// <summary>The same, but ends after the last content without saying why: how a cut connection often looks.</summary>
    public Scripted WithoutFinishReason() => this with { FinishReason = null };

    public Scripted Finishing(ChatFinishReason reason) => this with { FinishReason = reason };

    public Scripted Using(long inputTokens, long outputTokens) => this with
    {
        Usage = new() { InputTokenCount = inputTokens, OutputTokenCount = outputTokens, TotalTokenCount = inputTokens + outputTokens },
    };

    internal async IAsyncEnumerable<ChatResponseUpdate> PlayAsync(ScriptedCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!IsDeaf)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (Before is { } before)
        {
            await before(cancellationToken).ConfigureAwait(false);
        }

        if (Failure is not null && BreaksAfter < 0)
        {
            throw Failure();
        }

        var id = $"message-{call.Number}";
        yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id };
        for (var i = 0; i <= Contents.Count; i++)
        {
            if (i == BreaksAfter && AtBreak is { } wait)
            {
                await wait(cancellationToken).ConfigureAwait(false);
            }

            if (i == BreaksAfter && Failure is not null)
            {
                throw Failure();
            }

            if (i == Contents.Count)
            {
                break;
            }

            if (BeforeEach is { } pause)
            {
                await pause(cancellationToken).ConfigureAwait(false);
            }

            yield return new(ChatRole.Assistant, [Contents[i]]) { MessageId = id, ResponseId = id };
        }

        if (Usage is not null)
        {
            yield return new(ChatRole.Assistant, [new UsageContent(Usage)]) { MessageId = id, ResponseId = id };
        }

        if (FinishReason is not null)
        {
            yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id, FinishReason = FinishReason };
        }
    }

    /// <summary>Ends on the thread that cancels. Task.Delay would end on the pool, after the test has gone on.</summary>
    private static Task Cancellation(CancellationToken cancellationToken)
    {
        var cancelled = new TaskCompletionSource();
        cancellationToken.UnsafeRegister(static (source, token) => ((TaskCompletionSource)source!).TrySetCanceled(token), cancelled);
        return cancelled.Task;
    }
}
