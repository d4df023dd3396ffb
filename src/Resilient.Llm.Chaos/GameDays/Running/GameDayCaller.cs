using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Sends one request as a user would, and returns its outcome. Never throws.</summary>
internal sealed class GameDayCaller(IChatClient chat, GameDayLoad load, Func<TimeSpan> now)
{
    private readonly DataResidency[] _residencies =
        [.. load.Residencies.Select(static residency => DataResidency.Within(residency.Within))];

    public async Task<GameDayOutcome> AskAsync(GameDayRequest request, CancellationToken giveUp)
    {
        var askedAt = now();
        TimeSpan? first = null;
        ResilienceReport? report = null;
        try
        {
            ChatMessage[] messages = [new(ChatRole.User, GameDayWitness.Mark(request))];
            if (request.IsStreaming)
            {
                await foreach (var update in chat.GetStreamingResponseAsync(messages, Options(request), giveUp).ConfigureAwait(false))
                {
                    first ??= HasContent(update.Contents) ? now() - askedAt : null;
                    report = update.GetResilienceReport() ?? report;
                }
            }
            else
            {
                var response = await chat.GetResponseAsync(messages, Options(request), giveUp).ConfigureAwait(false);
                first = response.Messages.Any(static message => HasContent(message.Contents)) ? now() - askedAt : null;
                report = response.GetResilienceReport();
            }

            return Outcome(first is null ? GameDayEnd.Failed : GameDayEnd.Answered, first is null ? "EmptyAnswer" : null);
        }
        catch (Exception exception)
        {
            report = ReportOf(exception) ?? report;
            var end = giveUp.IsCancellationRequested ? GameDayEnd.Unfinished : first is null ? GameDayEnd.Failed : GameDayEnd.Broken;
            return Outcome(end, exception is ResilientChatException known ? known.Kind.ToString() : exception.GetType().Name);
        }

        GameDayOutcome Outcome(GameDayEnd end, string? failure) => new()
        {
            Request = request,
            AskedAt = askedAt,
            End = end,
            FirstContent = first,
            EndedAt = now(),
            Report = report,
            Failure = failure,
        };
    }

    private static ResilienceReport? ReportOf(Exception exception) => exception switch
    {
        ChatUnavailableException unavailable => unavailable.Report,
        ChatStreamInterruptedException interrupted => interrupted.Report,
        _ => null,
    };

    /// <summary>Whether a user sees content: text, tool calls or data, but not usage, reasoning or errors.</summary>
    private static bool HasContent(IList<AIContent> contents) => (UpdateClassifier.Classify(contents) & UpdateKind.Content) != 0;

    private ResilientChatOptions Options(GameDayRequest request) => new()
    {
        CachePartition = request.Tenant,
        Residency = request.Residency is { } number ? _residencies[number] : null,
    };
}
