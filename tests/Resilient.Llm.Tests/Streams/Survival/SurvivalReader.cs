using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>One caller in a run, and everything that it was given.</summary>
internal sealed class SurvivalReader(SurvivalRun run, SurvivalRequest request, IChatClient ladder)
{
    private readonly Draw _draw = Draw.For(run.Seed, 50, request.Number);
    private IAsyncEnumerator<ChatResponseUpdate>? _stream;
    private bool _isMoving;
    private Task _reading = Task.CompletedTask;

    public SurvivalRequest Request => request;

    public StringBuilder Text { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<string> ToolCalls { get; } = [];

    public List<string> Marks { get; } = [];

    public List<long> Usages { get; } = [];

    /// <summary>What was read, each update as it was at that moment.</summary>
    public List<ChatResponseUpdate> Updates { get; } = [];

    public ChatResponse? Response { get; private set; }

    public Exception? Failure { get; private set; }

    public bool HasCancelled { get; private set; }

    public bool HasLeft { get; private set; }

    public TimeSpan StartedAt { get; private set; }

    /// <summary>When the first content or the failure came; null where neither did.</summary>
    public TimeSpan? FirstNewsAt { get; private set; }

    /// <summary>For which it did not read before its first news.</summary>
    public TimeSpan Paused { get; private set; }

    public TimeSpan EndedAt { get; private set; }

    public CancellationTokenSource Cancellation { get; } = new();

    private string Name => $"r{request.Number}";

    public Task Start() => _reading = ReadAsync();

    private async Task ReadAsync()
    {
        await VirtualPause.For(run.Clock, request.StartsAfter).ConfigureAwait(false);
        StartedAt = run.Now;
        run.Log.Add(Name, "asks");
        run.RequestInProgress = request.Number;
        using var cancelling = At(request.CancelsAfter, Cancel);
        using var leaving = At(request.LeavesAfter, Leave);
        try
        {
            await (request.IsStreaming ? StreamAsync() : AskAsync()).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            FirstNewsAt ??= run.Now;
            Failure = exception;
            run.Log.Add(Name, $"fails: {exception.GetType().Name}: {exception.Message}");
        }

        EndedAt = run.Now;
        run.Log.Add(Name, "is done");
    }

    private async Task AskAsync()
    {
        _isMoving = true;
        try
        {
            Response = await ladder.GetResponseAsync(request.Messages(), request.Options(), Cancellation.Token).ConfigureAwait(false);
        }
        finally
        {
            _isMoving = false;
        }

        FirstNewsAt = run.Now;
        foreach (var update in Response.ToChatResponseUpdates())
        {
            Take(update);
        }
    }

    private async Task StreamAsync()
    {
        _stream = request.GivesTokenToEnumeration
            ? ladder.GetStreamingResponseAsync(request.Messages(), request.Options(), CancellationToken.None).GetAsyncEnumerator(Cancellation.Token)
            : ladder.GetStreamingResponseAsync(request.Messages(), request.Options(), Cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            for (var count = 1; await MoveAsync().ConfigureAwait(false); count++)
            {
                Take(_stream.Current);
                if (count == request.ReadsOnly)
                {
                    HasLeft = true;
                    return;
                }

                if (_draw.Chance(request.Pauses))
                {
                    var pause = _draw.One(10, 500, 3_000, 45_000);
                    Paused += FirstNewsAt is null ? TimeSpan.FromMilliseconds(pause) : TimeSpan.Zero;
                    await VirtualPause.For(run.Clock, TimeSpan.FromMilliseconds(pause)).ConfigureAwait(false);
                }

                if (HasLeft)
                {
                    return;
                }
            }

            Response = Updates.ToChatResponse();
            if (await MoveAsync().ConfigureAwait(false))
            {
                run.Log.Violation(Name, "something came after the end");
            }
        }
        finally
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> MoveAsync()
    {
        _isMoving = true;
        try
        {
            return await _stream!.MoveNextAsync().ConfigureAwait(false);
        }
        finally
        {
            _isMoving = false;
        }
    }

    private void Take(ChatResponseUpdate update)
    {
        var copy = update.Clone();
        copy.Contents = [.. update.Contents];
        Updates.Add(copy);
        if (update.AdditionalProperties?.GetValueOrDefault("mark") is string mark)
        {
            Marks.Add(mark);
        }

        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    Text.Append(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    Reasoning.Append(reasoning.Text);
                    break;
                case FunctionCallContent tool:
                    ToolCalls.Add(tool.CallId);
                    break;
                case UsageContent usage:
                    Usages.Add(usage.Details.InputTokenCount!.Value);
                    break;
                case ErrorContent when run.Calls.TrueForAll(call => call.Request != request.Number || call.Finish != ChatFinishReason.ContentFilter):
                    run.Log.Violation(Name, "an error was passed on as content");
                    break;
            }
        }

        FirstNewsAt ??= Text.Length > 0 || ToolCalls.Count > 0 || update.GetResilienceReport() is not null ? run.Now : null;
        run.Log.Add(Name, $"reads '{update.Text}' {string.Join(", ", update.Contents.Where(static content => content is not TextContent).Select(static content => content.GetType().Name))}");
    }

    private ITimer? At(TimeSpan? after, Action act) =>
        after is { } time ? run.Clock.CreateTimer(_ => act(), null, time, Timeout.InfiniteTimeSpan) : null;

    private void Cancel()
    {
        run.Log.Add(Name, "cancels");
        HasCancelled = true;
        ExpectAtOnce(Cancellation.Cancel, "the cancellation");
    }

    private void Leave()
    {
        run.Log.Add(Name, "leaves");
        HasLeft = true;
        ExpectAtOnce(() =>
        {
            if (_stream?.DisposeAsync().AsTask() is { IsCompleted: false })
            {
                run.Log.Violation(Name, "the disposal takes its time");
            }
        }, "the disposal");
    }

    private void ExpectAtOnce(Action act, string what)
    {
        var wasMoving = _isMoving;
        act();

        // The library answers at once; but a wait of Polly's or of the runtime's ends on the pool, and this thread must not go on beside it.
        if (wasMoving && !SpinWait.SpinUntil(() => _reading.IsCompleted, TimeSpan.FromSeconds(5)))
        {
            run.Log.Violation(Name, $"still waits after {what}");
        }
    }
}
