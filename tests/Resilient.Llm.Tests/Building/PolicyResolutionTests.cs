using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>The options of an endpoint are resolved once: what is validated is what is used and described.</summary>
public sealed class PolicyResolutionTests
{
    [Fact]
    public void Build_ThreeModels_ChangeOfTheLadderRunsOnceForEach()
    {
        var (ladder, model) = (0, 0);
        var builder = new ResilientChatBuilder()
            .WithTimeouts(_ => ladder++)
            .WithRetries(_ => ladder++)
            .WithCircuitBreaker(_ => ladder++)
            .WithHedging(_ => ladder++)
            .WithRateLimit(_ => ladder++)
            .WithFailures(_ => ladder++)
            .AddModel("primary", new ScriptedChatClient(), m => m.WithRetries(_ => model++))
            .AddModel("cheaper", new ScriptedChatClient())
            .AddModel("cheapest", new ScriptedChatClient());

        using var built = builder.Build();

        Assert.Equal((3 * 6, 1), (ladder, model));
    }

    [Fact]
    public void Build_ModelWithEndpoints_ChangesRunOnceForEachEndpoint()
    {
        var (ladder, model, endpoint) = (0, 0, 0);
        using var built = new ResilientChatBuilder()
            .WithTimeouts(_ => ladder++)
            .AddModel("primary", m => m
                .WithTimeouts(_ => model++)
                .AddEndpoint("one", new ScriptedChatClient(), e => e.WithTimeouts(_ => endpoint++))
                .AddEndpoint("two", new ScriptedChatClient()))
            .Build();

        Assert.Equal((2, 2, 1), (ladder, model, endpoint));
    }

    [Fact]
    public void AddResilientChat_Resolved_WhatWasCheckedIsBuilt()
    {
        var runs = 0;
        using var provider = new ServiceCollection()
            .AddResilientChat(chat => chat.WithRetries(o => o.MaxRetries = ++runs).AddModel("primary", new ScriptedChatClient()))
            .BuildServiceProvider();

        var description = provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString();

        Assert.Equal(1, runs);
        Assert.Contains("retries: 1,", description, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_KeptAndChangedByTheApplication_HaveNoEffectOnTheLadder()
    {
        ChatRetryOptions? kept = null;
        using var provider = new ServiceCollection()
            .AddResilientChat(chat => chat.WithRetries(o => (kept = o).MaxRetries = 1).AddModel("primary", new ScriptedChatClient()))
            .BuildServiceProvider();
        kept!.MaxRetries = 99;

        Assert.Contains("retries: 1,", provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_Again_SeesWhatWasChangedSince()
    {
        var builder = new ResilientChatBuilder().AddModel("primary", new ScriptedChatClient());
        using var first = builder.Build();
        using var second = builder.WithRetries(0).Build();

        Assert.Contains("retries: 2,", first.GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
        Assert.Contains("retries: none", second.GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "Endpoint 'primary/one': ChatRetryOptions.MaxRetries is 99")]
    [InlineData(false, "Model 'primary': ChatRetryOptions.MaxRetries is 99")]
    public void Build_MistakeInherited_NamesWhatInheritsIt(bool hasEndpoint, string message)
    {
        var builder = new ResilientChatBuilder().WithRetries(o => o.MaxRetries = 99);
        _ = hasEndpoint
            ? builder.AddModel("primary", m => m.AddEndpoint("one", new ScriptedChatClient()))
            : builder.AddModel("primary", new ScriptedChatClient());

        Assert.Contains(message, Assert.Throws<ArgumentException>(() => builder.Build()).Message, StringComparison.Ordinal);
    }
}
