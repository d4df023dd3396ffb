using System.Globalization;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Many streams at once on real threads: what they keep in pooled memory must stay their own.</summary>
public sealed class StreamCrowdTests
{
    [Fact]
    public async Task Streams_BreakAllAtOnce_EachPartialResponseHoldsItsOwnContentAlone()
    {
        var client = new EchoClient();
        using var longLived = new CancellationTokenSource();
        using var ladder = new ResilientChatBuilder().AddModel("echo", client).AddLastResort()
            .WithCircuitBreaker(static breaker => (breaker.FailureThreshold, breaker.FailureRatio, breaker.ConsecutiveFailures) = (10_000, 1, null))
            .Build();

        var partials = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(number => Task.Run(() => AskAsync(ladder, number, longLived.Token))));

        Assert.Equal(Enumerable.Range(0, 2_000).Select(Expected), partials);
        Assert.Equal(0, client.Open);
    }

    /// <summary>Every third walks away early; what it has read is then all there is to say.</summary>
    private static async Task<string> AskAsync(IChatClient ladder, int number, CancellationToken token)
    {
        var read = string.Empty;
        try
        {
            await foreach (var update in ladder.GetStreamingResponseAsync(Question(number), cancellationToken: token).ConfigureAwait(false))
            {
                read += update.Text;
                if (number % 3 == 0 && read.Length > 0)
                {
                    return read;
                }
            }

            return "not broken";
        }
        catch (ChatStreamInterruptedException exception)
        {
            return exception.PartialResponse.Text;
        }
    }

    private static string Expected(int number) => number % 3 == 0 ? Question(number) : string.Concat(Enumerable.Repeat(Question(number), EchoClient.Times));

    private static string Question(int number) => number.ToString(CultureInfo.InvariantCulture) + ";";
}
