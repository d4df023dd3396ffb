using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public partial class LastResortChatClientTests
{
    private static readonly SearchResult _reset = new("Reset your password", "Open Settings, then Security.", new Uri("https://example.com/reset"));

    [BothWays]
    public async Task Answer_SearchFinds_SaysTheSentenceAndListsResults(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch(_reset, new SearchResult("Passwords", ""))));

        var response = await client.AskAsync("Reset Password", streaming);

        Assert.Equal(
            Ask.SeedSentence + ":\n\n1. Reset your password\n   Open Settings, then Security.\n   https://example.com/reset\n2. Passwords",
            response.Text);
    }

    [BothWays]
    public async Task Answer_SearchFindsNothing_NamesWhatWasAsked(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch()));

        var response = await client.AskAsync("Reset Password", streaming);

        Assert.Contains("search for 'Reset Password' found nothing", response.Text, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Answer_NothingConfigured_Apologises(bool streaming)
    {
        using var client = new LastResortChatClient();

        Assert.Equal(new LastResortText().Apology, (await client.AskAsync("Reset Password", streaming)).Text);
    }

    [BothWays]
    public async Task Answer_NoQuestion_ApologisesWithoutSearching(bool streaming)
    {
        var search = new FakeSearch(_reset);
        using var client = new LastResortChatClient(b => b.AddSearch(search));
        ChatMessage[][] conversations =
        [
            [],
            [new(ChatRole.System, "Be kind.")],
            [new(ChatRole.User, "  \n ")],
            [new(ChatRole.User, "Reset Password"), new(ChatRole.User, [new DataContent("data:image/png;base64,AA==")])],
        ];

        foreach (var conversation in conversations)
        {
            Assert.Equal(new LastResortText().Apology, (await client.AskAsync(conversation, streaming)).Text);
        }

        Assert.Equal(0, search.Calls);
    }

    [BothWays]
    public async Task Answer_Conversation_AnswersTheLastQuestionOfTheUser(bool streaming)
    {
        var search = new FakeSearch(_reset);
        using var client = new LastResortChatClient(b => b.AddSearch(search));

        await client.AskAsync([new(ChatRole.User, "Hello"), new(ChatRole.Assistant, "Hi"), new(ChatRole.User, "Reset Password"), new(ChatRole.Tool, "x")], streaming);

        Assert.Equal("Reset Password", search.LastQuery);
    }

    [BothWays]
    public async Task Answer_Response_IsCompleteAndFresh(bool streaming)
    {
        var clock = new ManualTimeProvider();
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi"), timeProvider: clock);

        var first = await client.AskAsync("hello", streaming);
        var second = await client.AskAsync("hello", streaming);

        Assert.NotSame(first, second);
        Assert.NotEqual(first.ResponseId, second.ResponseId);
        Assert.Equal((ChatFinishReason.Stop, null, clock.GetUtcNow()), (first.FinishReason!.Value, first.ModelId, first.CreatedAt!.Value));
        var message = Assert.Single(first.Messages);
        Assert.Equal((ChatRole.Assistant, "Hi"), (message.Role, message.Text));
        Assert.Equal(first.ResponseId, message.MessageId);
    }

    [BothWays]
    public async Task Answer_SeveralSearches_AreMergedWithoutDoubles(bool streaming)
    {
        SearchResult Result(string title, string? uri = null) => new(title, "", uri is null ? null : new Uri(uri, UriKind.RelativeOrAbsolute));
        using var client = new LastResortChatClient(b =>
        {
            b.AddSearch(new FakeSearch(Result("A"), Result("B", "/b"), Result("C")));
            b.AddSearch(new FakeSearch(Result("D"), Result("c"), Result("B again", "/B")));
        });

        var response = await client.AskAsync("anything", streaming);

        // Found by both comes first (b: ranks 2 and 3, c: ranks 3 and 2), then by rank; three in all.
        Assert.EndsWith("\n\n1. B\n   /b\n2. C\n3. A", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Streaming_Updates_CarryRoleTextAndFinishReason()
    {
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi"));

        var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).ToBlockingEnumerable().ToList();

        var update = Assert.Single(updates);
        Assert.Equal((ChatRole.Assistant, "Hi", ChatFinishReason.Stop), (update.Role, update.Text, update.FinishReason));
        Assert.NotNull(update.MessageId);
        Assert.Equal(update.MessageId, update.ResponseId);
    }

    [Fact]
    public void GetService_KnownTypes_AreReturned()
    {
        using var client = new LastResortChatClient();

        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Same(client, client.GetService(typeof(LastResortChatClient)));
        Assert.Equal("last-resort", client.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService(typeof(string)));
        Assert.Equal(("last-resort", AnswerSource.LastResort), (((ILocalStep)client).Name, ((ILocalStep)client).Source));
    }

    [Fact]
    public async Task Dispose_SearchesOfFactories_AreDisposedOnceAndAnswersGoOn()
    {
        var (made, given) = (new FakeSearch(_reset), new FakeSearch(_reset));
        var client = new LastResortChatClient(b => b.AddSearch(_ => made).AddSearch(given));

        client.Dispose();
        client.Dispose();

        Assert.Equal((1, 0), (made.Disposed, given.Disposed));
        Assert.StartsWith(Ask.SeedSentence, (await client.AskAsync("Reset Password", streaming: false)).Text, StringComparison.Ordinal);
    }
}
