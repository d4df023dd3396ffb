using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>What one call through an SDK came to: everything that arrived, and how it ended.</summary>
internal sealed record Observation(IReadOnlyList<AIContent> Contents, int Updates, ChatFinishReason? FinishReason, Exception? Exception)
{
    public string Text => string.Concat(Contents.OfType<TextContent>().Select(t => t.Text));

    public string Reasoning => string.Concat(Contents.OfType<TextReasoningContent>().Select(t => t.Text));

    public UsageDetails? Usage => Contents.OfType<UsageContent>().LastOrDefault()?.Details;

    public static async Task<Observation> OfAsync(
        LoopbackProvider provider, WireProtocol protocol, bool streaming, CancellationToken cancellationToken = default)
    {
        var client = protocol.ClientOf(provider);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await (streaming ? StreamAsync(client, cancel, cancelAfter: null) : PlainAsync(client, cancel.Token)).Soon();
    }

    /// <summary>A stream whose caller cancels when he has read this many contents.</summary>
    public static async Task<Observation> OfStreamCancelledAfterAsync(LoopbackProvider provider, WireProtocol protocol, int contents)
    {
        using var cancel = new CancellationTokenSource();
        return await StreamAsync(protocol.ClientOf(provider), cancel, contents).Soon();
    }

    private static async Task<Observation> PlainAsync(IChatClient client, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.GetResponseAsync("Hi", cancellationToken: cancellationToken);
            List<AIContent> contents = [.. response.Messages.SelectMany(m => m.Contents)];
            if (response.Usage is { } usage)
            {
                contents.Add(new UsageContent(usage));
            }

            return new(contents, 1, response.FinishReason, null);
        }
        catch (Exception e)
        {
            return new([], 0, null, e);
        }
    }

    private static async Task<Observation> StreamAsync(IChatClient client, CancellationTokenSource cancel, int? cancelAfter)
    {
        var contents = new List<AIContent>();
        var updates = 0;
        ChatFinishReason? finish = null;
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hi", cancellationToken: cancel.Token))
            {
                updates++;
                contents.AddRange(update.Contents);
                finish = update.FinishReason ?? finish;
                if (cancelAfter == contents.Count(c => c is TextContent { Text.Length: > 0 }))
                {
                    await cancel.CancelAsync();
                }
            }

            return new(contents, updates, finish, null);
        }
        catch (Exception e)
        {
            return new(contents, updates, finish, e);
        }
    }
}
