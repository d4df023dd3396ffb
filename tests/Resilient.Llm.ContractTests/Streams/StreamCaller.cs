using Microsoft.Extensions.AI;

namespace Resilient.Llm.ContractTests;

/// <summary>Reads a stream as callers do: to its end, until they cancel, or until they have lost interest.</summary>
internal static class StreamCaller
{
    /// <param name="client">What is asked.</param>
    /// <param name="options">The options of the request.</param>
    /// <param name="act">What the caller does.</param>
    /// <param name="isTime">Whether it is time to do it, now that this update has come.</param>
    /// <param name="silence">When it is time, where no update tells; null where one does.</param>
    public static async Task<Heard> ReadAsync(
        IChatClient client, ChatOptions options, CallerAct act, Func<ChatResponseUpdate, bool> isTime, Task? silence)
    {
        using var cancel = new CancellationTokenSource();
        var updates = new List<ChatResponseUpdate>();
        var stream = client.GetStreamingResponseAsync("Hi", options, cancel.Token).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            while (true)
            {
                var move = stream.MoveNextAsync().AsTask();
                if (act != CallerAct.ReadsOn && silence is not null)
                {
                    await silence;
                    silence = null;
                    if (act == CallerAct.WalksAway)
                    {
                        await stream.DisposeAsync();
                    }
                    else
                    {
                        await cancel.CancelAsync();
                    }
                }

                if (!await move)
                {
                    return Heard.Of(updates, null);
                }

                updates.Add(stream.Current);
                if (act != CallerAct.ReadsOn && isTime(stream.Current))
                {
                    if (act == CallerAct.WalksAway)
                    {
                        return Heard.Of(updates, null);
                    }

                    await cancel.CancelAsync();
                }
            }
        }
        catch (Exception exception)
        {
            return Heard.Of(updates, exception);
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}
