using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>A history that is too long, through the official clients over real sockets.</summary>
public class HistoryReductionTests
{
    [Theory]
    [BothWaysData(WireProtocol.Anthropic, "context")]
    [BothWaysData(WireProtocol.OpenAI, "context")]
    [BothWaysData(WireProtocol.Ollama, "context")]
    [BothWaysData(WireProtocol.Azure, "context")]
    [BothWaysData(WireProtocol.Anthropic, "size")]
    [BothWaysData(WireProtocol.OpenAI, "size")]
    [BothWaysData(WireProtocol.Ollama, "size")]
    [BothWaysData(WireProtocol.Azure, "size")]
    public async Task TooLong_WithAReducer_SameProviderIsAskedOnceMore(WireProtocol protocol, string refusal, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Answer to less.");
        provider.Enqueue(refusal == "size" ? Script.RequestTooLarge() : Script.ContextTooLong());
        using var ladder = new ResilientChatBuilder()
            .WithReducer(new LastMessage())
            .AddModel("only", provider.CreateClient(protocol))
            .AddLastResort()
            .Build();
        ChatMessage[] history =
        [
            new(ChatRole.User, "first"), new(ChatRole.Assistant, "second"), new(ChatRole.User, "third"),
        ];

        var response = streaming
            ? await ladder.GetStreamingResponseAsync(history).ToChatResponseAsync().Soon()
            : await ladder.GetResponseAsync(history).Soon();

        Assert.Equal("Answer to less.", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal((AnswerSource.Model, true, true), (report.Source, report.WasReduced, report.IsDegraded));
        Assert.Equal([3, 1], provider.Requests.Select(static request => request.Messages.Count));
        Assert.Equal(0, ladder.GetRequiredService<ChatCircuits>().Get("only").Counts.Failures);
    }

    private sealed class LastMessage : IChatReducer
    {
        public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<ChatMessage>>([messages.Last()]);
    }
}
