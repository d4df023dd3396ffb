using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Chaos in a host: registered, checked at its start.</summary>
public sealed class ChaosHostTests
{
    [Theory]
    [InlineData("Production", false)]
    [InlineData("Staging", true)]
    public async Task Start_Enabled_OnlyInAnEnvironmentOnTheList(string environment, bool allowed)
    {
        using var host = HostIn(environment, static services => services.AddChaos(static options => options.Enabled = true));

        var exception = await Record.ExceptionAsync(() => host.StartAsync());

        Assert.Equal(allowed, exception is null);
        if (!allowed)
        {
            Assert.Contains("Enabled is true in the environment 'Production'", Assert.IsType<InvalidOperationException>(exception).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Not by blanks, and not by unsetting the environment: what else the process may say of itself counts only where no host says it.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData(" live ")]
    [InlineData("LIVE")]
    public void Environment_UnsetOrSpelledOtherwise_IsStillTheHosts(string? environment)
    {
        using var host = HostIn("Live", services => services.AddChaos(options =>
        {
            options.Enabled = true;
            options.Environment = environment;
            options.AllowedEnvironments.Add("Live x");

            // What a process without a host may be taken to run in.
            options.AllowedEnvironments.Add(Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? "Production");
            options.AllowedEnvironments.Add(Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? "Production");
        }));

        Assert.Contains("'live'", Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<ChaosController>()).Message, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>An empty list allows nothing, and not the defaults.</summary>
    [Fact]
    public void Environments_EmptyListInTheConfiguration_AllowsNone()
    {
        using var json = new MemoryStream("""{ "Enabled": true, "AllowedEnvironments": [] }"""u8.ToArray());
        var configuration = new ConfigurationBuilder().AddJsonStream(json).Build();
        using var host = HostIn("Staging", services => services.AddChaos(configuration));

        Assert.Contains("AllowedEnvironments is empty", Assert.Throws<ArgumentException>(() => host.Services.GetRequiredService<ChaosController>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NotEnabled_IsFineAnywhere()
    {
        using var host = HostIn("Production", static services => services.AddChaos());
        await host.StartAsync();

        Assert.False(host.Services.GetRequiredService<ChaosController>().IsEnabled);
    }

    [BothWays]
    public async Task Ladder_WithTheControllerOfTheServices_IsHitByItsExperiments(bool streaming)
    {
        using var host = HostIn("Staging", static services => services
            .AddChaos(static options => options.Enabled = true)
            .AddResilientChat(static chat => chat
                .AddModel("primary", ScriptedChatClient.Answering("from primary"))
                .AddModel("cheaper", ScriptedChatClient.Answering("from cheaper"))
                .WithRetries(0)
                .WithChaos()));
        await host.StartAsync();
        var chat = host.Services.GetRequiredService<IChatClient>();
        var chaos = host.Services.GetRequiredService<ChaosController>();

        using (chaos.Start(ExperimentLab.Refusing() with { Target = new() { Models = ["primary"] } }, "alice"))
        {
            Assert.Equal("from cheaper", (await chat.AskAsync(streaming)).Text);
        }

        Assert.Equal("from primary", (await chat.AskAsync(streaming)).Text);
        Assert.NotNull(host.Services.GetRequiredService<ChatCircuits>());
    }

    [Fact]
    public void Register_Twice_IsOneControllerWithTheOptionsOfBoth()
    {
        using var services = new ServiceCollection()
            .AddChaos(static options => (options.Enabled, options.Environment) = (true, "Test"))
            .AddChaos(static options => options.MaxDuration = TimeSpan.FromSeconds(1))
            .BuildServiceProvider();
        var chaos = Assert.Single(services.GetServices<ChaosController>());

        Assert.True(chaos.IsEnabled);
        Assert.Throws<ArgumentException>(() => chaos.Start(ExperimentLab.Refusing(), "alice"));
    }

    [Fact]
    public void Register_KeyOutOfPlace_FailsWithItsPathAndTheKnownOnes()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Chaos:Enable", "true")]).Build();
        using var services = new ServiceCollection().AddChaos(configuration.GetSection("Chaos")).BuildServiceProvider();

        var exception = Assert.Throws<ArgumentException>(() => services.GetRequiredService<ChaosController>());

        Assert.Contains("Unknown: Chaos:Enable. Known keys: Enabled, AllowedEnvironments, MaxDuration, Experiments.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Register_TheListOfTheConfiguration_TakesThePlaceOfTheDefaults()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Chaos:Enabled", "true"), new("Chaos:AllowedEnvironments:0", "Lab")]).Build();
        using var lab = In("Lab");
        using var staging = In("Staging");

        Assert.True(lab.GetRequiredService<ChaosController>().IsEnabled);
        Assert.Throws<InvalidOperationException>(() => staging.GetRequiredService<ChaosController>());

        ServiceProvider In(string environment) =>
            new ServiceCollection().AddChaos(configuration.GetSection("Chaos"), options => options.Environment = environment).BuildServiceProvider();
    }

    private static IHost HostIn(string environment, Action<IServiceCollection> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = environment });
        configure(builder.Services);
        return builder.Build();
    }
}
