using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A client that throws where the finish reason should come, as OpenAI's SDK does for a reason that it does not know.</summary>
public sealed class UnreadableEndTests
{
    private static readonly ArgumentOutOfRangeException s_unknown = OutOfRange("tea_time", "Unknown ChatFinishReason value.");

    [Theory]
    [InlineData("The whole text.")]
    [InlineData("The|whole|text.")]
    [InlineData("{ \"a\": 1 }")]
    public async Task Stream_ThrowsBehindTheText_EndsWithThatReason(string pieces)
    {
        var words = pieces.Split('|');
        var primary = new ScriptedChatClient().Always(Scripted.Answer(words).BreakingAfter(words.Length, s_unknown));
        using var ladder = LadderOf(primary, out var cheaper);

        var response = await ladder.GetStreamingResponseAsync("Hi").ToChatResponseAsync();

        Assert.Equal((string.Concat(words), new ChatFinishReason("tea_time")), (response.Text, response.FinishReason));
        Assert.Equal((0, false), (cheaper.CallCount, response.GetResilienceReport()!.IsDegraded));
    }

    [BothWays]
    public async Task Answer_ThrowsBeforeAnyText_IsNoAnswer(bool streaming)
    {
        using var ladder = LadderOf(new ScriptedChatClient().Always(Scripted.Throw(s_unknown)), out _);

        var response = await ladder.AskAsync(streaming);

        Assert.Equal(("from cheaper", FailureKind.InvalidResponse), (response.Text, response.GetResilienceReport()!.Attempts[0].Failure));
    }

    [BothWays]
    public async Task Answer_ThrowsAnotherExceptionOfThatType_IsNotTakenForAnEnd(bool streaming)
    {
        using var ladder = LadderOf(new ScriptedChatClient().Always(Scripted.Throw(OutOfRange("tea_time", "Too late."))), out _);

        var response = await ladder.AskAsync(streaming);

        Assert.NotEqual(FailureKind.InvalidResponse, response.GetResilienceReport()!.Attempts[0].Failure);
    }

    private static ArgumentOutOfRangeException OutOfRange(string value, string message) => new(nameof(value), value, message);

    private static IChatClient LadderOf(ScriptedChatClient primary, out ScriptedChatClient cheaper)
    {
        cheaper = ScriptedChatClient.Answering("from cheaper");
        return new ResilientChatBuilder().AddModel("primary", primary).AddModel("cheaper", cheaper).WithRetries(0).Build();
    }
}
