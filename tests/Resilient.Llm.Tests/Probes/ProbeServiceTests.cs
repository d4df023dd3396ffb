using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Probes in a container: who runs them, and that nobody does where nobody asked for them.</summary>
public sealed class ProbeServiceTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedChatClient _primary = new ScriptedChatClient().Always(Scripted.Answer("from primary"));

    [Fact]
    public void WithoutActiveProbes_NothingIsRegisteredAndNobodyIsCalled()
    {
        using var provider = new ServiceCollection().AddSingleton<TimeProvider>(_clock).AddResilientChat(Plain).AddKeyedResilientChat("second", Plain).BuildServiceProvider();

        Assert.Empty(provider.GetServices<IHostedService>());
        Assert.Null(provider.GetRequiredService<IChatClient>().GetService<ChatProbes>());
        Assert.Null(provider.GetService<ChatProbes>());
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((0, 0), (_primary.CallCount, _clock.ArmedTimers));
    }

    [Fact]
    public async Task Host_RunsTheProbesUntilItStops()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(_clock).AddResilientChat(chat => Plain(chat
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15))
            .WithActiveProbes(static probes => probes.ProbeIdleEndpoints = true)));
        using var host = builder.Build();
        await host.StartAsync();
        var chat = host.Services.GetRequiredService<IChatClient>();
        Assert.Same(chat.GetService<ChatProbes>(), host.Services.GetRequiredService<ChatProbes>());

        _primary.Always(Scripted.Throw(LadderLab.Status(404)));
        await Assert.ThrowsAsync<ChatUnavailableException>(() => chat.AskAsync(streaming: false));
        _primary.Always(Scripted.Answer("from primary"));
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal((CircuitState.Closed, 1), (chat.Circuit("primary").State, ProbeLab.Pings(_primary)));

        await host.StopAsync();
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((1, 0), (ProbeLab.Pings(_primary), _clock.ArmedTimers));
    }

    [Fact]
    public async Task Host_StopsInTheMiddleOfAProbe_CancelsIt()
    {
        LadderLab.GoOnInline();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(_clock).AddResilientChat(chat => Plain(chat.WithActiveProbes(static probes => probes.ProbeIdleEndpoints = true)));
        using var host = builder.Build();
        await host.StartAsync();
        _primary.Always(Scripted.Hang());
        while (_primary.CallCount == 0)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, _primary.InFlight);

        // On a clock that stands still: it waits for no timeout.
        await host.StopAsync();

        Assert.Equal((0, 0), (_primary.InFlight, _clock.ArmedTimers));
    }

    [Fact]
    public async Task Container_SeveralLadders_EachHasItsOwnProbes()
    {
        var second = new ScriptedChatClient().Always(Scripted.Answer("from second"));
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddResilientChat(chat => Plain(chat.WithActiveProbes(Idle)))
            .AddKeyedResilientChat("second", chat => chat.AddModel("second", second).WithActiveProbes(Idle))
            .AddKeyedResilientChat("none", chat => chat.AddModel("third", new ScriptedChatClient()))
            .BuildServiceProvider();
        var services = provider.GetServices<IHostedService>().ToArray();
        Assert.Equal(2, services.Length);
        Assert.NotSame(provider.GetRequiredService<ChatProbes>(), provider.GetRequiredKeyedService<ChatProbes>("second"));

        Array.ForEach(services, static service => Assert.True(service.StartAsync(default).IsCompletedSuccessfully));
        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.True(_primary.CallCount > 0 && second.CallCount > 0);
    }

    [Fact]
    public async Task Container_LadderRegisteredTwice_TheLastOnesProbesRunOnce()
    {
        var last = new ScriptedChatClient().Always(Scripted.Answer("from last"));
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddResilientChat(chat => Plain(chat.WithActiveProbes(Idle)))
            .AddResilientChat(chat => chat.AddModel("last", last).WithActiveProbes(Idle))
            .BuildServiceProvider();

        await Assert.Single(provider.GetServices<IHostedService>()).StartAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(0, _primary.CallCount);
        Assert.True(last.CallCount > 0);
    }

    [Fact]
    public async Task Container_LadderWithoutProbesRegisteredLast_NothingRuns()
    {
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddResilientChat(chat => Plain(chat.WithActiveProbes(Idle)))
            .AddResilientChat(Plain)
            .BuildServiceProvider();

        await Assert.Single(provider.GetServices<IHostedService>()).StartAsync(default);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, _primary.CallCount);
    }

    [Fact]
    public void Container_AnotherClientRegisteredLast_IsRefusedWithTheMend()
    {
        using var provider = new ServiceCollection().AddResilientChat(chat => Plain(chat.WithActiveProbes())).AddSingleton<IChatClient>(_primary).BuildServiceProvider();

        Assert.Contains("has no active probes", Assert.Throws<InvalidOperationException>(() => provider.GetServices<IHostedService>().ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Container_Disposed_EndsProbesThatNobodyStopped()
    {
        LadderLab.GoOnInline();
        var provider = new ServiceCollection().AddSingleton<TimeProvider>(_clock).AddResilientChat(chat => Plain(chat.WithActiveProbes(Idle))).BuildServiceProvider();
        await Assert.Single(provider.GetServices<IHostedService>()).StartAsync(default);
        Assert.Equal(1, _clock.ArmedTimers);

        await provider.DisposeAsync();

        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Configuration_SetsEveryOption()
    {
        using var ladder = Configured(
            """
            { "Interval": "00:00:10", "ProbeIdleEndpoints": true, "IdleAfter": "00:02:00", "MaxProbesPerMinute": 3, "Timeout": "00:00:05", "Prompt": "hello", "MaxOutputTokens": 32, "UseStreaming": false,
              "Residency": [ "EU" ] }
            """);

        Assert.Contains(
            "active probes: when a break ends, and of endpoints idle for 120 s; 3 a minute at most, 5 s each, data EU", ladder.GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
        _primary.Always(Scripted.Hang());
        _clock.Advance(TimeSpan.FromMinutes(5));
        var probes = ladder.GetRequiredService<ChatProbes>().ProbeAsync();
        var call = Assert.Single(_primary.Calls);
        Assert.Equal(("hello", 32, false), (call.Question, call.Options!.MaxOutputTokens!.Value, call.IsStreaming));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([new("primary", "primary", ChatProbeReason.Idle, FailureKind.Timeout, TimeSpan.FromSeconds(5))], await probes);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{ "Enabled": true }""", true)]
    [InlineData("""{ "Enabled": false, "Interval": "00:00:10" }""", false)]
    public void Configuration_SectionIsThere_AsksForProbesUnlessDisabled(string section, bool hasProbes)
    {
        using var ladder = Configured(section);

        Assert.Equal(hasProbes, ladder.GetService<ChatProbes>() is not null);
        Assert.Equal(hasProbes, ladder.GetRequiredService<LadderDescription>().ToString().Contains("active probes: when a break ends; 10 a minute at most", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "Interval": "00:00:00" }""", "ChatProbeOptions.Interval is 00:00:00. Set it from 1 second to 1 day.")]
    [InlineData("""{ "IdleAfter": "2.00:00:00" }""", "ChatProbeOptions.IdleAfter is 2.00:00:00. Set it from 1 second to 1 day")]
    [InlineData("""{ "MaxProbesPerMinute": 0 }""", "ChatProbeOptions.MaxProbesPerMinute is 0. Set it from 1 to 1000")]
    [InlineData("""{ "Timeout": "infinite" }""", "ChatProbeOptions.Timeout is -00:00:00.0010000. Set it above zero")]
    [InlineData("""{ "MaxOutputTokens": 0 }""", "ChatProbeOptions.MaxOutputTokens is 0. Set it to 1 or more, or to null")]
    [InlineData("""{ "Residency": [ "US" ] }""", "ChatProbeOptions.Residency is US, where no model lies that the ladder's own residency (EU) allows: nothing could be probed.")]
    [InlineData("""{ "Every": 3 }""", "Unknown: Chat:ActiveProbes:Every. Known keys: Enabled, Interval, ProbeIdleEndpoints,")]
    public void Configuration_Mistake_IsRefusedWithTheMend(string section, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => Configured(section)).Message, StringComparison.Ordinal);

    [Fact]
    public void Prompt_Blank_IsRefused() => Assert.Contains(
        "ChatProbeOptions.Prompt is blank. Set it to a word or two",
        Assert.Throws<ArgumentException>(() => new ResilientChatBuilder().AddModel("primary", _primary).WithActiveProbes(static probes => probes.Prompt = " ").Build()).Message,
        StringComparison.Ordinal);

    private static void Idle(ChatProbeOptions probes) => (probes.ProbeIdleEndpoints, probes.IdleAfter) = (true, TimeSpan.FromMinutes(1));

    private void Plain(ResilientChatBuilder chat) => chat.AddModel("primary", _primary);

    private IChatClient Configured(string section)
    {
        using var json = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(
            $$"""{ "Chat": { "ActiveProbes": {{section}}, "Residency": [ "EU" ], "Models": [ { "Name": "primary", "Region": "swedencentral", "Geography": "EU" } ] } }"""));
        return new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddKeyedSingleton<IChatClient>("primary", _primary)
            .AddResilientChat(new ConfigurationBuilder().AddJsonStream(json).Build().GetSection("Chat"))
            .BuildServiceProvider()
            .GetRequiredService<IChatClient>();
    }
}
