using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A model that streams a text in tokens, breaks at one place, and does not answer again.</summary>
internal sealed class BreakingModel(string text, int cut, Random random) : SeamModel
{
    private bool _hasBroken;

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        if (_hasBroken)
        {
            throw new HttpRequestException("status 404", null, System.Net.HttpStatusCode.NotFound);
        }

        _hasBroken = true;
        foreach (var token in Tokens(text[..cut], random))
        {
            yield return new(ChatRole.Assistant, token);
        }

        throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}

/// <summary>A model that continues a text, as its kind does, from where the request says that it broke off.</summary>
internal sealed class ContinuingModel(SeamKind kind, string text, Random random) : SeamModel
{
    public string? Partial { get; private set; }

    public string? Continuation { get; private set; }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        Partial = messages.Last(static message => message.Role == ChatRole.Assistant).Text;
        Assert.StartsWith(Partial, text, StringComparison.Ordinal);
        Continuation = SeamContinuations.Of(kind, text, Partial.Length, random);
        foreach (var token in Tokens(Continuation, random))
        {
            yield return new(ChatRole.Assistant, token);
        }

        yield return new() { FinishReason = ChatFinishReason.Stop };
    }
}

internal abstract class SeamModel : IChatClient
{
    public abstract IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    /// <summary>Words with the space before them, pieces of words, up to three digits, marks; or, of some models, pieces of any length.</summary>
    protected static IEnumerable<string> Tokens(string text, Random random)
    {
        var longest = random.Next(4) == 0 ? random.Next(10, 80) : 0;
        for (var at = 0; at < text.Length;)
        {
            var end = longest > 0 ? Math.Min(text.Length, at + random.Next(1, longest)) : EndOfToken(text, at);
            end += end < text.Length && char.IsLowSurrogate(text[end]) ? 1 : 0;
            yield return text[at..end];
            at = end;
        }
    }

    private static int EndOfToken(string text, int at)
    {
        var end = at + (text[at] == ' ' && at + 1 < text.Length ? 1 : 0);
        if (char.IsDigit(text[end]))
        {
            return EndOfRun(text, end, 3, char.IsDigit);
        }

        return char.IsLetter(text[end]) ? EndOfRun(text, end, text[end] >= '\u2E80' ? 2 : 7, char.IsLetter) : end + 1;
    }

    private static int EndOfRun(string text, int at, int most, Func<char, bool> belongs)
    {
        var end = at;
        while (end < text.Length && end - at < most && belongs(text[end]))
        {
            end++;
        }

        return end;
    }
}
