using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>What the SDK of a provider does when it is left at its defaults: a network timeout of 100 seconds, and three more tries at once, as long as no part of a stream has arrived.</summary>
/// <remarks>A baseline: as OpenAI's SDK for .NET, version 2.15.0, was measured to behave.</remarks>
internal sealed class SdkRetries(IChatClient inner, VirtualClock clock, int retries) : DelegatingChatClient(inner)
{
    private static readonly TimeSpan s_networkTimeout = TimeSpan.FromSeconds(100);

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        for (var retry = 0; ; retry++)
        {
            using var timeout = new NetworkTimeout(clock, s_networkTimeout, cancellationToken);
            try
            {
                return await base.GetResponseAsync(messages, options, timeout.Token);
            }
            catch (Exception) when (retry < retries && !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: once more.
            }
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var retry = 0; ; retry++)
        {
            using var timeout = new NetworkTimeout(clock, s_networkTimeout, cancellationToken);
            await using var stream = base.GetStreamingResponseAsync(messages, options, timeout.Token).GetAsyncEnumerator(CancellationToken.None);
            try
            {
                if (!await stream.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (Exception) when (retry < retries && !cancellationToken.IsCancellationRequested)
            {
                continue;
            }

            do
            {
                timeout.Renew();
                yield return stream.Current;
            }
            while (await stream.MoveNextAsync());

            yield break;
        }
    }
}
