using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Active probes from <c>AddResilientChat</c> to the real SDKs: a provider that is back is found by a probe, not by a request.</summary>
public sealed class RecoveryProbeTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ProviderIsBack_ProbesRun_CircuitClosesBeforeAnybodyAsks(WireProtocol protocol, bool streaming)
    {
        await using var primary = await LoopbackProvider.StartAsync("From the primary.");
        await using var cheaper = await LoopbackProvider.StartAsync("From the cheaper.");
        primary.Enqueue(Script.ServerError());
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var services = new ServiceCollection().AddResilientChat(chat => chat
            .WithRetries(0)
            .WithCircuitBreaker(failures: 1, within: TimeSpan.FromSeconds(10), breakFor: TimeSpan.FromMilliseconds(500))
            .AddModel("primary", primary.Client(protocol))
            .AddModel("cheaper", cheaper.Client(protocol))
            .WithActiveProbes(probes => probes.UseStreaming = streaming)
            .OnCircuitChanged(change => _ = change.To == CircuitState.Closed && closed.TrySetResult())).BuildServiceProvider();
        var ladder = services.GetRequiredService<IChatClient>();
        using var stopping = new CancellationTokenSource();
        var running = ladder.GetRequiredService<ChatProbes>().RunAsync(stopping.Token);

        var during = await Heard.FromAsync(ladder, streaming);
        await closed.Task.Soon();
        var callsBefore = primary.Calls;
        var afterwards = await Heard.FromAsync(ladder, streaming);
        await stopping.CancelAsync();
        await running.Soon();

        Assert.Equal(("From the cheaper.", "From the primary."), (during.Text, afterwards.Text));
        Assert.Equal((2, 3, 1), (callsBefore, primary.Calls, cheaper.Calls));
    }
}
