using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public partial class LastResortChatClientTests
{
    [BothWays]
    public async Task Answer_JsonWantedAndARuleHasSome_UsesTheFirstThatIsJson(bool streaming)
    {
        using var client = new LastResortChatClient(b => b
            .AddRule("hello", "Hi")
            .AddRule("hello", "42")
            .AddRule("hello", "{\"a\": 1} and more")
            .AddRule(c => c.WantsJson ? "{\"greeting\": \"Hi\"}" : null));

        var response = await client.AskAsync("hello", streaming, new() { ResponseFormat = ChatResponseFormat.Json });

        Assert.Equal("{\"greeting\": \"Hi\"}", response.Text);
        Assert.Equal("Hi", (await client.AskAsync("hello", streaming)).Text);
    }

    [BothWays]
    public async Task Answer_JsonWantedAndNoRuleHasSome_IsRefused(bool streaming)
    {
        var search = new FakeSearch(_reset);
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi").AddSearch(search));

        var exception = await Assert.ThrowsAsync<NotSupportedException>(() => client.AskAsync("hello", streaming, new() { ResponseFormat = ChatResponseFormat.Json }));

        Assert.Contains("an apology is not JSON", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, search.Calls);
    }

    [BothWays]
    public async Task Answer_ToolCallRequired_IsRefused(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi"));

        await Assert.ThrowsAsync<NotSupportedException>(() => client.AskAsync("hello", streaming, new() { ToolMode = ChatToolMode.RequireAny }));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.AskAsync("hello", streaming, new() { ToolMode = ChatToolMode.RequireSpecific("f") }));
        Assert.Equal("Hi", (await client.AskAsync("hello", streaming, new() { ToolMode = ChatToolMode.Auto })).Text);
    }

    [Fact]
    public async Task Step_UnfitFormat_Declines()
    {
        using var client = new LastResortChatClient();
        var context = new RequestContext(new ManualTimeProvider(), isStreaming: false, default);

        Assert.Null(await ((ILocalStep)client).TryAnswerAsync([], new() { ResponseFormat = ChatResponseFormat.Json }, context, default));
        Assert.Null(await ((ILocalStep)client).TryAnswerAsync([], new() { ToolMode = ChatToolMode.RequireAny }, context, default));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, "EU", true)]
    [InlineData(null, "US", false)]
    [InlineData("EU", null, true)]
    [InlineData("eu", "US", true)]
    [InlineData("US", "EU", false)]
    public async Task Step_DataBoundToEu_AsksOnlySearchesThere(string? geography, string? local, bool isAsked)
    {
        var search = new FakeSearch((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([_reset]), geography);
        using var client = new LastResortChatClient(b => b.AddSearch(search), local);

        await client.AskAsStepAsync("Reset Password", new ManualTimeProvider(), residency: DataResidency.Within("EU"));

        Assert.Equal(isAsked ? 1 : 0, search.Calls);
    }

    [BothWays]
    public async Task Answer_RequestIsBoundElsewhere_KeepsRulesAndFaq(bool streaming)
    {
        var search = new FakeSearch(_reset);
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi").AddFaq("Reset password", "Settings").AddSearch(search), localGeography: "US");
        var options = new ResilientChatOptions { Residency = DataResidency.Within("EU") };

        Assert.Equal("Hi", (await client.AskAsync("hello", streaming, options)).Text);
        Assert.Equal("Settings", (await client.AskAsync("Reset Password", streaming, options)).Text);
        Assert.Equal(0, search.Calls);
    }
}
