namespace Resilient.Llm.Chaos.Tests;

/// <summary>Whom an experiment hits.</summary>
public sealed class BlastRadiusTests : IDisposable
{
    private static readonly ChatEndpointInfo _ireland = new("large", "ireland", "northeurope", "EU");
    private static readonly ChatEndpointInfo _small = new("small", "small", null, null);

    private readonly ExperimentLab _lab = new();

    public static TheoryData<string, ChaosBlastRadius, bool, bool, bool, bool> Radiuses => new()
    {
        { "all models", new(), true, true, true, false },
        { "a model", new() { Models = ["large"] }, true, true, false, false },
        { "models compare ordinally", new() { Models = ["Large"] }, false, false, false, false },
        { "an endpoint", new() { Endpoints = ["ireland", "small"] }, false, true, true, false },
        { "a region, whatever its case", new() { Regions = ["swedencentral"] }, true, false, false, false },
        { "a geography leaves out what is undeclared", new() { Geographies = ["eu"] }, true, true, false, false },
        { "every condition holds", new() { Models = ["large"], Regions = ["northeurope"] }, false, true, false, false },
        { "a dependency leaves models out", new() { Dependencies = ["db"] }, false, false, false, true },
        { "a dependency and a model", new() { Dependencies = ["db"], Models = ["small"] }, false, false, true, true },
        { "a tenant leaves out calls without", new() { Tenants = ["acme"] }, false, false, false, false },
    };

    [Theory]
    [MemberData(nameof(Radiuses))]
    public void Target_OfACall_HitsWhatItNames(string why, ChaosBlastRadius target, bool sweden, bool ireland, bool small, bool dependency)
    {
        _lab.Chaos.Start(ExperimentLab.Refusing(why) with { Target = target }, "alice");

        Assert.Equal((sweden, ireland, small, dependency), (_lab.Hits(), _lab.Hits(_ireland), _lab.Hits(_small), _lab.HitsDependency("db")));
        Assert.False(_lab.HitsDependency("cache"));
    }

    [Fact]
    public void Share_OfTenants_IsTheSameAtEveryCallAndAboutThatPart()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Target = new() { Share = 0.2 } }, "alice");
        string[] tenants = [.. Enumerable.Range(0, 5_000).Select(static i => $"tenant-{i}")];

        var hit = tenants.Where(tenant => _lab.Hits(tenant: tenant)).ToArray();

        Assert.InRange(hit.Length, 900, 1_100);
        Assert.Equal(hit, tenants.Where(tenant => _lab.Hits(tenant: tenant)));
        Assert.Equal(0, _lab.Draws);
    }

    [Fact]
    public void Share_InEveryProcess_IsTheSameTenants()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Target = new() { Share = 0.3 } }, "alice");

        // Golden: a change of the hash would give running instances different tenants during a deployment.
        Assert.Equal("6 7 13 14 15 17 19", string.Join(' ', Enumerable.Range(0, 20).Where(i => _lab.Hits(tenant: $"tenant-{i}"))));
    }

    [Fact]
    public void Share_OfAnotherExperiment_IsOtherTenants()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing("one") with { Target = new() { Share = 0.2 } }, "alice");
        var first = Enumerable.Range(0, 1_000).Where(i => _lab.Hits(tenant: $"tenant-{i}")).ToHashSet();
        _lab.Chaos.Stop("one", "alice");
        _lab.Chaos.Start(ExperimentLab.Refusing("two") with { Target = new() { Share = 0.2 } }, "alice");
        var second = Enumerable.Range(0, 1_000).Where(i => _lab.Hits(tenant: $"tenant-{i}")).ToHashSet();

        Assert.InRange(first.Intersect(second).Count(), 20, 70);
    }

    [Fact]
    public void Share_CallsWithoutTenant_ArePartedByChance()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Target = new() { Share = 0.2 } }, "alice");
        _lab.Draw = static () => 0.19;
        Assert.True(_lab.Hits());
        _lab.Draw = static () => 0.2;
        Assert.False(_lab.Hits());
    }

    [Fact]
    public void Tenant_OfOptions_IsTheirCachePartitionUnlessToldOtherwise()
    {
        using var told = new ChaosController(new() { Tenant = static options => options?.ModelId });

        Assert.Equal("acme", _lab.Chaos.TenantOf(new ResilientChatOptions { CachePartition = "acme", ModelId = "m" }));
        Assert.Null(_lab.Chaos.TenantOf(new()));
        Assert.Null(_lab.Chaos.TenantOf(null));
        Assert.Equal("m", told.TenantOf(new ResilientChatOptions { CachePartition = "acme", ModelId = "m" }));
    }

    public void Dispose() => _lab.Dispose();
}
