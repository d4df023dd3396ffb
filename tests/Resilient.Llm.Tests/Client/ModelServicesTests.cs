using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What <c>GetService</c> of a ladder tells: about the first model, and never what stands around it alone.</summary>
public sealed class ModelServicesTests
{
    private readonly LadderLab _lab = new();

    public static TheoryData<string> Middleware => ["functions", "cache", "telemetry", "logging", "own"];

    /// <summary>Middleware given with the client, and middleware added with <c>Use</c>; around the first model, the second, or both.</summary>
    [Theory]
    [MemberData(nameof(Middleware))]
    public void Middleware_OfAModel_IsNotFoundThroughTheLadder(string kind)
    {
        foreach (var (first, second) in ((bool, bool)[])[(true, false), (false, true), (true, true)])
        {
            foreach (var given in (bool[])[true, false])
            {
                var ladder = _lab.Builder()
                    .AddModel("primary", given && first ? Wrap(_lab.Primary, kind) : _lab.Primary, model => Use(model, kind, !given && first))
                    .AddModel("cheaper", given && second ? Wrap(_lab.Cheaper, kind) : _lab.Cheaper, model => Use(model, kind, !given && second))
                    .AddLastResort()
                    .Build();

                Assert.Null(ladder.GetService(Wrap(_lab.Primary, kind).GetType()));
                Assert.Null(ladder.GetService<FunctionInvokingChatClient>());
                Assert.Equal("primary-provider", ladder.GetService<ChatClientMetadata>()?.ProviderName);
                Assert.Same(_lab.Primary, ladder.GetService<ScriptedChatClient>());
            }
        }
    }

    [Fact]
    public void Middleware_AboveTheLadder_IsFound()
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).Use(static inner => new FunctionInvokingChatClient(inner)).Build();

        Assert.NotNull(ladder.GetService<FunctionInvokingChatClient>());
        Assert.NotNull(ladder.GetService<ResilientChatClient>());
        Assert.NotNull(ladder.GetService<ChatCircuits>());
    }

    /// <summary>Code above a ladder adds function invocation where it finds none. Then a tool call of either model is run.</summary>
    [BothWays]
    public async Task ToolCallOfTheOtherModel_IsRunByWhatStandsAbove(bool streaming)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Then(Scripted.Give(new FunctionCallContent("1", "lookup", new Dictionary<string, object?>())))
            .Always(Scripted.Answer("sunny"));
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.Use(static inner => new FunctionInvokingChatClient(inner)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();
        var runs = 0;
        var agent = ladder.GetService<FunctionInvokingChatClient>() is null ? new FunctionInvokingChatClient(ladder) : ladder;

        var answer = await agent.AskAsync(streaming, options: new() { Tools = [AIFunctionFactory.Create(() => runs++, "lookup")] });

        Assert.Equal(("sunny", 1), (answer.Text, runs));
    }

    /// <summary>A second model's client is not the ladder's: what is set on it would hold for that model alone.</summary>
    [Fact]
    public void Services_OfASecondModel_AreNotReturned()
    {
        var ladder = _lab.Builder().AddModel("primary", new HidingClient(_lab.Primary, rebuilds: false)).AddModel("cheaper", _lab.Cheaper).Build();

        Assert.Null(ladder.GetService<ScriptedChatClient>());
        Assert.Null(ladder.GetService<ChatClientMetadata>());
    }

    [Fact]
    public void Layers_OfTheFirstEndpoint_AreNotTheLadders()
    {
        var ladder = _lab.Whole();
        using var byHand = new FallbackChatClient(
            [new("a", new RetryChatClient(new CircuitBreakerChatClient(new EndpointGuardChatClient(_lab.Primary, "a")))), new("b", _lab.Cheaper)]);

        foreach (var client in (IChatClient[])[ladder, byHand])
        {
            foreach (var type in (Type[])[
                typeof(RetryChatClient), typeof(CircuitBreakerChatClient), typeof(CircuitBreaker), typeof(EndpointGuardChatClient), typeof(TimeoutChatClient)])
            {
                Assert.Null(client.GetService(type));
            }

            Assert.Equal("primary-provider", client.GetService<ChatClientMetadata>()?.ProviderName);
        }
    }

    /// <summary>A guard still knows a ladder, whatever stands between.</summary>
    [Fact]
    public void LadderAsAModel_IsStillRecognised()
    {
        using var byHand = new FallbackChatClient([new("inner", _lab.Whole())]);
        var wrapped = new PassingClient(byHand);

        Assert.NotNull(wrapped.GetService(typeof(ILadder)));
        Assert.NotNull(wrapped.GetService<ResilientChatClient>());
    }

    private static IChatClient Wrap(IChatClient inner, string kind) => kind switch
    {
        "functions" => new FunctionInvokingChatClient(inner),
        "cache" => new DistributedCachingChatClient(inner, new Caching.FakeDistributedCache()),
        "telemetry" => new OpenTelemetryChatClient(inner),
        "logging" => new LoggingChatClient(inner, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance),
        _ => new PassingClient(inner),
    };

    private static void Use(ChatModelBuilder model, string kind, bool isUsed)
    {
        if (isUsed)
        {
            model.Use(inner => Wrap(inner, kind));
        }
    }
}
