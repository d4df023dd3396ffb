using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

public sealed class ContinuationRequestTests
{
    private static readonly ChatMessage[] s_original = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Why?")];

    [Fact]
    public void Messages_SomeText_EndsWithThePartialAnswerAndTheInstruction()
    {
        var messages = ContinuationRequest.Messages(s_original, Partial("\nBecause \r\n"), "Go on.");

        Assert.Equal(s_original, messages.Take(2));
        Assert.Equal([(ChatRole.Assistant, "\nBecause \r\n"), (ChatRole.User, "Go on.")], messages.Skip(2).Select(message => (message.Role, message.Text)));
        Assert.Equal(2, s_original.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public void Messages_NoText_AreTheOriginal(string text) => Assert.Same(s_original, ContinuationRequest.Messages(s_original, Partial(text), "Go on."));

    [Theory]
    [InlineData(null, null)]
    [InlineData(100, 97)]
    [InlineData(4, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 1)]
    public void Reduce_OutputLimit_IsLessByWhatWasDelivered(int? limit, int? rest)
    {
        var options = new ChatOptions { MaxOutputTokens = limit, Temperature = 0.5f };

        ContinuationRequest.Reduce(options, Partial("nine char"));

        Assert.Equal(rest, options.MaxOutputTokens);
        Assert.Equal(0.5f, options.Temperature);
    }

    [Fact]
    public void Reduce_StateOfAProvider_IsCutOff()
    {
        var options = new ChatOptions { ConversationId = "c", ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) };

        ContinuationRequest.Reduce(options, Partial("So"));

        Assert.Null(options.ConversationId);
        Assert.Null(options.ContinuationToken);
    }

    private static PartialAnswer Partial(string text) => PartialAnswer.Of([new ChatResponseUpdate(ChatRole.Assistant, text)]);
}
