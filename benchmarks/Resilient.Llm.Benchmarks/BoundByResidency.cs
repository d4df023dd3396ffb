using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Benchmarks;

/// <summary>A request whose data may stay in one geography only. The peers know no residency; they stand here to compare with.</summary>
public class BoundByResidency
{
    private static readonly DataResidency s_eu = DataResidency.Within("EU");

    private readonly IChatClient _bare = new InstantClient();
    private readonly IChatClient _healthy = Subjects.Ladder();
    private readonly IChatClient _microsoft = Subjects.OrderedFailover(new InstantClient(), new InstantClient());
    private readonly ResiliencePipeline<ChatResponse> _polly = Subjects.Polly();
    private readonly ResilientChatOptions _options = new() { Residency = s_eu };
    private readonly IChatClient _unbound = new ResilientChatBuilder()
        .AddModel("primary", new InstantClient(), static model => model.InRegion("swedencentral", "EU"))
        .AddModel("cheaper", new InstantClient(), static model => model.InRegion("westeurope", "EU"))
        .AddLastResort()
        .Build();

    private readonly IChatClient _ladder = new ResilientChatBuilder()
        .WithResidency(s_eu)
        .AddModel("primary", new InstantClient(), static model => model.InRegion("swedencentral", "EU"))
        .AddModel("cheaper", new InstantClient(), static model => model.InRegion("westeurope", "EU"))
        .AddLastResort()
        .Build();

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> UnboundLadder() => _healthy.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> MicrosoftOrderedFailover() => _microsoft.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> PollyByHand() => _polly.ExecuteAsync(
        static async (client, token) => await client.GetResponseAsync(Subjects.Question, null, token), _bare).AsTask();

    [Benchmark]
    public Task<ChatResponse> Ladder() => _ladder.GetResponseAsync(Subjects.Question);

    /// <summary>A ladder without a policy of its own, asked by a request that brings one.</summary>
    [Benchmark]
    public Task<ChatResponse> LadderBoundByRequest() => _unbound.GetResponseAsync(Subjects.Question, _options);
}
