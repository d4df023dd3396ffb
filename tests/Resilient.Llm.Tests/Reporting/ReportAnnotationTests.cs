using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

public sealed class ReportAnnotationTests
{
    private static readonly ResilienceReport Report = new() { Source = AnswerSource.Model };

    [Fact]
    public void Response_OfADerivedType_KeepsItsTypeAndTheInstanceItsProperties()
    {
        var response = new TaggedResponse { Tag = "t", ModelId = "m", AdditionalProperties = new() { ["own"] = 1 } };

        var annotated = response.WithResilienceReport(Report);

        Assert.Equal(("t", "m"), (Assert.IsType<TaggedResponse>(annotated).Tag, annotated.ModelId));
        Assert.Same(Report, annotated.GetResilienceReport());
        Assert.Equal(1, annotated.AdditionalProperties!["own"]);
        Assert.Null(response.GetResilienceReport());
        Assert.Equal("own", Assert.Single(response.AdditionalProperties!).Key);
    }

    [Fact]
    public void Response_Copied_HasEveryPropertyOfTheOriginal()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "a"))
        {
            ResponseId = "r",
            ConversationId = "c",
            ModelId = "m",
            CreatedAt = DateTimeOffset.UnixEpoch,
            FinishReason = ChatFinishReason.Stop,
            Usage = new(),
            RawRepresentation = new(),
        };

        var annotated = response.WithResilienceReport(Report);

        foreach (var property in typeof(ChatResponse).GetProperties().Where(static p => p.Name != nameof(ChatResponse.AdditionalProperties)))
        {
            Assert.Equal(property.GetValue(response), property.GetValue(annotated));
        }
    }

    /// <summary>Two requests answered with one instance, as a provider's own cache does: each caller reads its own report.</summary>
    [BothWays]
    public async Task Ladder_AnswersOfADerivedTypeThatAreShared_EachCallerHasItsOwnReport(bool streaming)
    {
        LadderLab.GoOnInline();
        var ladder = new LadderLab().Builder().AddModel("shared", new SharingClient()).Build();

        if (streaming)
        {
            var first = await ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();
            var second = await ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();
            Assert.Equal("t", Assert.IsType<TaggedUpdate>(first.Find(static u => u.Text.Length > 0)).Tag);
            Assert.NotNull(first.ToChatResponse().GetResilienceReport());
            Assert.NotSame(first[0].GetResilienceReport(), second[0].GetResilienceReport());
            Assert.All([.. first, .. second], static u => Assert.True(u.GetType() == typeof(ChatResponseUpdate) || u.AdditionalProperties is null));
        }
        else
        {
            var first = await ladder.GetResponseAsync(LadderLab.Ask());
            var second = await ladder.GetResponseAsync(LadderLab.Ask());
            Assert.Equal("t", Assert.IsType<TaggedResponse>(first).Tag);
            Assert.NotNull(first.GetResilienceReport());
            Assert.NotSame(first.GetResilienceReport(), second.GetResilienceReport());
        }
    }

    private sealed class SharingClient : IChatClient
    {
        private readonly TaggedResponse _response = new() { Tag = "t", Messages = [new(ChatRole.Assistant, "a")], FinishReason = ChatFinishReason.Stop };
        private readonly TaggedUpdate _update = new() { Tag = "t", Contents = [new TextContent("a")], FinishReason = ChatFinishReason.Stop };

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult<ChatResponse>(_response);

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            new ChatResponseUpdate[] { _update }.ToAsyncEnumerable();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class TaggedResponse : ChatResponse
    {
        public string? Tag { get; init; }
    }

    private sealed class TaggedUpdate : ChatResponseUpdate
    {
        public string? Tag { get; init; }
    }
}
