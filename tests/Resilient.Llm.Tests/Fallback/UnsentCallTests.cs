using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What fails on this side of the wire, before anything is sent, says nothing about any endpoint.</summary>
public sealed class UnsentCallTests
{
    private static readonly Func<Exception>[] s_faults =
    [
        static () => new ArgumentException("empty", "messages"),
        static () => new NotSupportedException("a content"),
        static () => new JsonException("a cycle"),
        static () => new InvalidOperationException("no key"),
        static () => new KeyNotFoundException("no such setting"),
        static () => new FormatException("a number"),
        static () => new MissingMethodException("a version"),
    ];

    private readonly LadderLab _lab = new();

    public static TheoryData<int, bool, bool> Faults
    {
        get
        {
            var data = new TheoryData<int, bool, bool>();
            for (var fault = 0; fault < s_faults.Length; fault++)
            {
                data.Add(fault, false, false);
                data.Add(fault, false, true);
                data.Add(fault, true, false);
                data.Add(fault, true, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_EveryModelThrowsIt_NoCircuitOpensAndTheCallerGetsTheFirst(int fault, bool throwsFromTheMethod, bool streaming)
    {
        using var logs = new LogCapture();
        var first = s_faults[fault]();
        _lab.Primary.Always(throwsFromTheMethod ? Scripted.ThrowSynchronously(first) : Scripted.Throw(first));
        _lab.Cheaper.Always(Scripted.Throw(s_faults[fault]()));
        using var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).Build(logs.Services);

        for (var i = 1; i <= 30; i++)
        {
            Assert.Same(first, await Record.ExceptionAsync(() => ladder.AskAsync(streaming)));
            Assert.Equal(i, logs.Entries.Count(static entry => entry.Level == LogLevel.Error));
        }

        foreach (var model in new[] { "primary", "cheaper" })
        {
            Assert.Equal((CircuitState.Closed, 0), (ladder.Circuit(model).State, ladder.Circuit(model).Counts.Failures));
        }

        Assert.Equal((30, 30), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task Fault_OneModelCanTakeTheRequest_Answers(bool streaming)
    {
        ResilienceReport? report = null;
        _lab.Primary.Always(Scripted.Throw(static () => new NotSupportedException("a content")));
        using var ladder = _lab.Models();
        for (var i = 0; i < 20; i++)
        {
            report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;
        }

        Assert.Equal([("primary", FailureKind.NotSent), ("cheaper", null)], report!.Attempts.Select(static attempt => (attempt.Step, attempt.Failure)));
        Assert.Equal(20, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Fault_BesideAnOutage_TheOutageIsNamed(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(static () => new ArgumentException("empty")));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.Models().AskAsync(streaming));

        Assert.Equal(FailureKind.ModelUnavailable, failure.Kind);
    }

    [BothWays]
    public async Task Fault_WithALastResort_IsLoggedAndAnswered(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(static () => new ArgumentException("empty")));
        _lab.Cheaper.Always(Scripted.Throw(static () => new ArgumentException("empty")));

        Assert.Equal(AnswerSource.LastResort, (await _lab.Whole().AskAsync(streaming)).GetResilienceReport()!.Source);
    }

    [Theory]
    [BothWaysData("own type")]
    [BothWaysData("plain exception")]
    [BothWaysData("connection")]
    [BothWaysData("unreadable answer")]
    [BothWaysData("late")]
    public async Task OtherExceptions_CountAsFailures(string which, bool streaming)
    {
        // Of a local model's own type, of a type that says nothing, of a transport, and after a wait: they may be the endpoint's.
        _lab.Primary.Always(which switch
        {
            "own type" => Scripted.Throw(static () => new LocalModelException()),
            "plain exception" => Scripted.Throw(static () => (Exception)Activator.CreateInstance(typeof(Exception), "backend down")!),
            "unreadable answer" => Scripted.Throw(static () => new JsonException("'<' is an invalid start of a value.", null, 0, 0)),
            "connection" => Scripted.Throw(static () => new IOException("reset")),
            _ => Scripted.Throw(static () => new InvalidOperationException("backend down")).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)),
        });
        using var ladder = _lab.Models(static chat => chat.WithRetries(0));

        for (var i = 0; i < 5; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task Fault_OfARowOfTheApplication_IsWhatTheRowSays(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(static () => new InvalidOperationException("our own backend is down")));
        using var ladder = _lab.Models(static chat => chat.WithFailures(static failures =>
            failures.Extractors.Add(static exception => exception is InvalidOperationException ? new(FailureKind.ModelUnavailable) : null)));

        for (var i = 0; i < 5; i++)
        {
            await ladder.AskAsync(streaming);
        }

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [Theory]
    [BothWaysData("format")]
    [BothWaysData("transport")]
    public async Task RawRepresentationFactory_Throws_ReachesTheCallerAndHarmsNoCircuit(string which, bool streaming)
    {
        Exception thrown = which == "format" ? new FormatException("ours") : new HttpRequestException("ours");
        using var ladder = _lab.Builder().WithRetries(0).AddModel("primary", new FactoryClient()).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        for (var i = 0; i < 20; i++)
        {
            var options = new ChatOptions { RawRepresentationFactory = _ => throw thrown };
            Assert.Same(thrown, await Record.ExceptionAsync(() => ladder.AskAsync(streaming, options: options)));
        }

        Assert.Equal((CircuitState.Closed, 0), (ladder.Circuit("primary").State, ladder.Circuit("primary").Counts.Failures));
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Fault_BelowAClientOfTheApplicationThatWaits_OpensNoCircuit(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Throw(static () => new ArgumentException("empty")));
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, model => model.Use(client => new WaitingClient(client, _lab.Clock)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
        }

        Assert.Equal((CircuitState.Closed, 0), (ladder.Circuit("primary").State, ladder.Circuit("primary").Counts.Failures));
    }

    [BothWays]
    public async Task Use_BuildsNewOptions_IsThrownAndHarmsNoCircuit(bool streaming)
    {
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.Use(static client => new OptionsClient(client, static _ => new())))
            .AddModel("cheaper", _lab.Cheaper)
            .AddLastResort()
            .Build();

        for (var i = 0; i < 20; i++)
        {
            Assert.Contains("options.Clone()", (await Assert.ThrowsAnyAsync<InvalidOperationException>(() => ladder.AskAsync(streaming))).Message, StringComparison.Ordinal);
        }

        Assert.Equal((CircuitState.Closed, 0), (ladder.Circuit("primary").State, ladder.Circuit("primary").Counts.Failures));
    }

    [BothWays]
    public async Task Use_BuildsNewOptionsInALowerModel_OnlyThatModelIsLost(bool streaming)
    {
        _lab.FailPrimary();
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary)
            .AddModel("broken", _lab.Cheaper, static model => model.Use(static client => new OptionsClient(client, static _ => new())))
            .AddLastResort()
            .Build();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(AnswerSource.LastResort, (await ladder.AskAsync(streaming)).GetResilienceReport()!.Source);
        }

        Assert.Equal(CircuitState.Closed, ladder.Circuit("broken").State);
    }

    [BothWays]
    public async Task RandomFaultsBetweenAnswers_OpenNoCircuit(bool streaming)
    {
        var random = new Random(7);
        _lab.Primary.Always(Scripted.Throw(() => s_faults[random.Next(s_faults.Length)]()));
        using var ladder = _lab.Models();
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
            _lab.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(2_000)));
        }

        Assert.Equal(300, _lab.Primary.CallCount);
    }

    private sealed class LocalModelException : Exception;

    /// <summary>Middleware that waits, say for a token, before it calls.</summary>
    private sealed class WaitingClient(IChatClient inner, TimeProvider clock) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await InPlaceDelay.WaitAsync(clock, TimeSpan.FromMilliseconds(5), cancellationToken).ConfigureAwait(false);
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await InPlaceDelay.WaitAsync(clock, TimeSpan.FromMilliseconds(5), cancellationToken).ConfigureAwait(false);
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
    }

    /// <summary>Runs the factory as the official adapters do: before the first wait.</summary>
    private sealed class FactoryClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            options!.RawRepresentationFactory!(this);
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            options!.RawRepresentationFactory!(this);
            throw new InvalidOperationException("Not reached.");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
