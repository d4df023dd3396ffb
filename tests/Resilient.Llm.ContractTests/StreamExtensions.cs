using Microsoft.Extensions.AI;

namespace Resilient.Llm.ContractTests;

/// <summary>A stream read step by step.</summary>
internal static class StreamExtensions
{
    public static IAsyncEnumerator<ChatResponseUpdate> OpenStream(
        this IChatClient client, string question, CancellationToken cancellationToken = default) =>
        client.GetStreamingResponseAsync(question, cancellationToken: CancellationToken.None).GetAsyncEnumerator(cancellationToken);

    /// <summary>Reads on to the first text.</summary>
    public static async Task UntilTextAsync(this IAsyncEnumerator<ChatResponseUpdate> stream)
    {
        do
        {
            Assert.True(await stream.MoveNextAsync(), "The stream ended without text.");
        }
        while (stream.Current.Text.Length == 0);
    }
}
