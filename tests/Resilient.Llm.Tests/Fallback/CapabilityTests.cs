using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Models that cannot do everything, and requests that need it.</summary>
public sealed class CapabilityTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [BothWaysData("tools", "no tools")]
    [BothWaysData("image", "no vision")]
    [BothWaysData("image address", "no vision")]
    [BothWaysData("json", "no structured output")]
    public async Task Model_WithoutWhatTheRequestNeeds_IsPassedOver(bool streaming, string need, string reason)
    {
        var (messages, options) = Request(need);

        var response = await _lab.RunAsync(Ladder(ChatCapabilities.None).AskAsync(streaming, messages, options));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(reason, response.GetResilienceReport()!.Attempts[0].SkipReason);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData("tools", ChatCapabilities.Tools)]
    [BothWaysData("image", ChatCapabilities.Vision)]
    [BothWaysData("json", ChatCapabilities.StructuredOutput)]
    [BothWaysData("tools that must not be called", ChatCapabilities.None)]
    [BothWaysData("sound", ChatCapabilities.None)]
    public async Task Model_WithWhatTheRequestNeeds_IsAsked(bool streaming, string need, ChatCapabilities capabilities)
    {
        var (messages, options) = Request(need);

        var response = await _lab.RunAsync(Ladder(capabilities).AskAsync(streaming, messages, options));

        Assert.Equal("from primary", response.Text);
    }

    [BothWays]
    public async Task Models_NoneCanDoIt_SaysSo(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static model => model.WithCapabilities(ChatCapabilities.Vision)).Build();
        var (messages, options) = Request("json");

        var thrown = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming, messages, options)));

        Assert.Contains("primary: no structured output", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithCapabilities_NoneOfThem_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Ladder((ChatCapabilities)8));

    private IChatClient Ladder(ChatCapabilities ofPrimary) =>
        _lab.Builder().AddModel("primary", _lab.Primary, model => model.WithCapabilities(ofPrimary)).AddModel("cheaper", _lab.Cheaper).Build();

    private static (ChatMessage[] Messages, ChatOptions Options) Request(string need)
    {
        AITool[] tools = [AIFunctionFactory.Create(static () => "sunny", "weather")];
        AIContent? content = need switch
        {
            "image" => new DataContent(new byte[] { 1 }, "image/png"),
            "image address" => new UriContent("https://example.org/cat.png", "image/png"),
            "sound" => new DataContent(new byte[] { 1 }, "audio/wav"),
            _ => null,
        };
        var options = need switch
        {
            "tools" => new ChatOptions { Tools = tools },
            "tools that must not be called" => new() { Tools = tools, ToolMode = ChatToolMode.None },
            "json" => new() { ResponseFormat = ChatResponseFormat.Json },
            _ => new(),
        };
        return ([new(ChatRole.User, content is null ? [new TextContent("question")] : [new TextContent("question"), content])], options);
    }
}
