using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Points;

/// <summary>A stream that an experiment may hit, decided at each enumeration. If not hit, it is the provider's own.</summary>
internal sealed class ChaosStream(
    IChatClient client, TimeProvider clock, Func<ChatOptions?, ChaosInjection?> inject,
    IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ofMethod)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    private static readonly TimeSpan s_betweenKeepAlives = TimeSpan.FromSeconds(1);

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => inject(options) switch
    {
        null => Provider(ofMethod).GetAsyncEnumerator(cancellationToken),
        {
            Fault.Kind: ChaosFaultKind.ErrorEvent or ChaosFaultKind.CutStream or ChaosFaultKind.StalledStream
            or ChaosFaultKind.MalformedChunk or ChaosFaultKind.NoFinishReason
        } injection =>
            BreakingAsync(injection, ofMethod).GetAsyncEnumerator(cancellationToken),
        var injection => OpeningAsync(injection, ofMethod).GetAsyncEnumerator(cancellationToken),
    };

    private IAsyncEnumerable<ChatResponseUpdate> Provider(CancellationToken cancellationToken) =>
        client.GetStreamingResponseAsync(messages, options, cancellationToken);

    /// <summary>Fails before the first update, or delays updates.</summary>
    private async IAsyncEnumerable<ChatResponseUpdate> OpeningAsync(
        ChaosInjection injection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var kind = injection.Fault.Kind;
        if (kind == ChaosFaultKind.KeepAlivesOnly)
        {
            var pause = injection.Delay;
            while (await injection.WaitAsync(pause, clock, cancellationToken).ConfigureAwait(false))
            {
                yield return ChaosAnswers.KeepAlive();
                pause = s_betweenKeepAlives;
            }
        }
        else if (kind != ChaosFaultKind.SlowStream
            && await ChaosPass.HappenAsync(injection, clock, cancellationToken).ConfigureAwait(false))
        {
            foreach (var update in ChaosAnswers.Of(kind).ToChatResponseUpdates())
            {
                yield return update;
            }

            yield break;
        }

        await foreach (var update in Provider(cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (kind == ChaosFaultKind.SlowStream)
            {
                await injection.WaitAsync(injection.Delay, clock, cancellationToken).ConfigureAwait(false);
            }

            yield return update;
        }
    }

    /// <summary>Fails after some contents, or at the end of a shorter answer.</summary>
    /// <remarks>With no content before the break, the provider is not called.</remarks>
    private async IAsyncEnumerable<ChatResponseUpdate> BreakingAsync(
        ChaosInjection injection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = injection.Fault.AfterContents;
        var (isPending, hasEnded) = (true, false);
        ChatResponseUpdate? end = null;
        IAsyncEnumerator<ChatResponseUpdate>? provider = null;
        try
        {
            while (true)
            {
                if (isPending && (left <= 0 || hasEnded))
                {
                    if (await ChaosPass.HappenAsync(injection, clock, cancellationToken).ConfigureAwait(false))
                    {
                        if (injection.Fault.Kind == ChaosFaultKind.ErrorEvent)
                        {
                            yield return ChaosAnswers.Of(ChaosFaultKind.ErrorEvent).ToChatResponseUpdates()[0];
                        }

                        yield break;
                    }

                    isPending = false;
                    if (end is not null)
                    {
                        yield return end;
                    }
                }

                provider ??= Provider(cancellationToken).GetAsyncEnumerator(cancellationToken);
                hasEnded = hasEnded || !await provider.MoveNextAsync().ConfigureAwait(false);
                if (!hasEnded)
                {
                    var update = provider.Current;
                    left -= (UpdateClassifier.Classify(update) & UpdateKind.Content) != 0 ? 1 : 0;
                    yield return isPending ? WithoutEnd(update, ref end) : update;
                }
                else if (!isPending)
                {
                    yield break;
                }
            }
        }
        finally
        {
            if (provider is not null)
            {
                await provider.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Holds back the finish reason until the fault: an answer with one would count as complete.</summary>
    private static ChatResponseUpdate WithoutEnd(ChatResponseUpdate update, ref ChatResponseUpdate? end)
    {
        if (update.FinishReason is null)
        {
            return update;
        }

        end = update.Clone();
        end.Contents = [];
        var open = update.Clone();
        open.FinishReason = null;
        return open;
    }
}
