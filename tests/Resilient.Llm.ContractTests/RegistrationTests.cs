using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The ladder as an application composes it.</summary>
public class RegistrationTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AddResilientChat_PrimaryFails_KeyedFallbackAnswersAndOperatorsSeeIt(WireProtocol primary, bool streaming)
    {
        await using var first = await LoopbackProvider.StartAsync(Script.Overloaded());
        await using var second = await LoopbackProvider.StartAsync(TwoProviders.FallbackText);
        await using var services = new ServiceCollection()
            .AddKeyedSingleton("primary", (_, _) => first.Client(primary))
            .AddKeyedSingleton("fallback", (_, _) => second.Client(primary.Other()))
            .AddResilientChat(static ladder => ladder
                .AddModel("primary")
                .AddModel("fallback")
                .AddCachedAnswers()
                .AddLastResort()
                .WithRetries(0)
                .WithCircuitBreaker(failures: 2, within: TimeSpan.FromMinutes(1)))
            .BuildServiceProvider();
        var client = services.GetRequiredService<IChatClient>();

        var heard = new List<Heard>();
        for (var i = 0; i < 3; i++)
        {
            heard.Add(await Heard.FromAsync(client, streaming));
        }

        Assert.All(heard, static one => Assert.Equal((TwoProviders.FallbackText, "fallback"), (one.Text, one.Report!.ServedBy)));
        Assert.Equal(
            [FailureKind.ServerError, FailureKind.ServerError, FailureKind.CircuitOpen],
            heard.Select(static one => one.Report!.Attempts[0].Failure!.Value));
        Assert.Equal((2, 3), (first.Calls, second.Calls));

        first.Behavior = Script.Answer("One two.");
        services.GetRequiredService<ChatCircuits>().Get("primary").Reset();
        Assert.Equal("One two.", (await Heard.FromAsync(client, streaming)).Text);
    }
}
