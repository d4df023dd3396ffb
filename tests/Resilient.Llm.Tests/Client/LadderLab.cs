using System.Net;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A ladder of scripted models on a manual clock, and the means to run it in virtual time.</summary>
internal class LadderLab
{
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>What every jitter draws.</summary>
    public double Draw { get; set; } = 0.5;

    public ScriptedChatClient Primary { get; } = new ScriptedChatClient().Always(Scripted.Answer("from primary")).Named("primary-provider");

    public ScriptedChatClient Cheaper { get; } = new ScriptedChatClient().Always(Scripted.Answer("from cheaper")).Named("cheaper-provider");

    public ResilientChatBuilder Builder() => new ResilientChatBuilder().WithTimeProvider(Clock).WithRandomizer(() => Draw);

    /// <summary>Primary and cheaper, and a last resort.</summary>
    public IChatClient Whole(Action<ResilientChatBuilder>? configure = null) => Models(chat =>
    {
        configure?.Invoke(chat);
        chat.AddLastResort();
    });

    /// <summary>Primary and cheaper alone.</summary>
    public IChatClient Models(Action<ResilientChatBuilder>? configure = null)
    {
        var builder = Builder().AddModel("primary", Primary).AddModel("cheaper", Cheaper);
        configure?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Lets the primary fail at every call; in a way that nobody retries unless told otherwise.</summary>
    public ScriptedChatClient FailPrimary(Exception? failure = null) => Primary.Always(Scripted.Throw(failure ?? Status(404)));

    /// <summary>Runs the clock from timer to timer until the task has ended.</summary>
    public async Task<T> RunAsync<T>(Task<T> task, TimeSpan? limit = null)
    {
        var end = Clock.GetUtcNow() + (limit ?? TimeSpan.FromHours(1));
        while (!task.IsCompleted && Clock.AdvanceToNextTimer(end - Clock.GetUtcNow()))
        {
        }

        Assert.True(task.IsCompleted, "Nothing is due any more, and still no answer.");
        return await task;
    }

    /// <summary>
    /// Lets what the test itself completes or cancels go on at once, on its own thread: under the test runner's SynchronizationContext it would go on on the pool.
    /// </summary>
    public static void GoOnInline() => SynchronizationContext.SetSynchronizationContext(null);

    public static Exception Status(int status) => new HttpRequestException($"status {status}", null, (HttpStatusCode)status);

    public static Exception RateLimited(TimeSpan? retryAfter)
    {
        var exception = Status(429);
        if (retryAfter is { } wait)
        {
            exception.Data[RetryAfterHeader.DataKey] = wait;
        }

        return exception;
    }

    public static ChatMessage[] Ask(string question = "question") => [new(ChatRole.User, question)];
}

internal static class LadderLabExtensions
{
    public static ChatCircuit Circuit(this IChatClient ladder, string model) => ladder.GetRequiredService<ChatCircuits>().Get(model);
}
