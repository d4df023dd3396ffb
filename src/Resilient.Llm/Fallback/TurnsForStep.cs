using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>What a history holds for one endpoint.</summary>
[Flags]
internal enum TurnTraits
{
    None = 0,

    /// <summary>Reasoning or raw tool calls go along: if the endpoint refuses them, it can be asked without.</summary>
    KeepsState = 1,

    /// <summary>Another endpoint helped to write the history.</summary>
    HasForeign = 2,

    /// <summary>The last message is a tool result, and the endpoint gets the call without the reasoning that led to it.</summary>
    IsOpenToolTurn = 4,
}

/// <summary>A history as one endpoint gets it: its own turns untouched, the turns of others as plain content.</summary>
/// <remarks>
/// A turn is a run of assistant messages: providers tie its calls and texts to its reasoning, in whichever message that came. What is
/// unmarked counts as the first endpoint's.
/// </remarks>
/// <param name="Messages">The messages; the same list if nothing is taken out.</param>
/// <param name="Traits">What they hold for the endpoint.</param>
internal readonly record struct TurnsForStep(IReadOnlyList<ChatMessage> Messages, TurnTraits Traits)
{
    /// <param name="messages">The history.</param>
    /// <param name="step">The endpoint.</param>
    /// <param name="isFirst">Whether it is the ladder's first endpoint.</param>
    /// <param name="isPlain">Whether its own turns become plain content too.</param>
    public static TurnsForStep Of(IReadOnlyList<ChatMessage> messages, Step step, bool isFirst, bool isPlain)
    {
        List<ChatMessage>? changed = null;
        var traits = TurnTraits.None;
        var lastIsWhole = true;
        for (var i = 0; i < messages.Count;)
        {
            var message = messages[i];
            if (message is null || (message.Role != ChatRole.Assistant && !HoldsReasoning(message)))
            {
                changed?.Add(message!);
                i++;
                continue;
            }

            var end = i + 1;
            while (end < messages.Count && messages[end]?.Role == ChatRole.Assistant)
            {
                end++;
            }

            var turn = Turn.Of(messages, i, end, step.Endpoint);
            lastIsWhole = !isPlain && (turn.IsOwn || (isFirst && !turn.IsForeign));
            traits |= turn.IsForeign || (!isFirst && !turn.IsOwn && turn.HasState) ? TurnTraits.HasForeign : TurnTraits.None;
            traits |= lastIsWhole && turn.HasState ? TurnTraits.KeepsState : TurnTraits.None;
            if (lastIsWhole ? turn.IsForeign : turn.HasRaw || turn.HasState)
            {
                changed ??= [.. messages.Take(i)];
                PlainTurns.Add(changed, messages, i, end, lastIsWhole ? step.Endpoint : null);
            }
            else
            {
                for (var j = i; changed is not null && j < end; j++)
                {
                    changed.Add(messages[j]);
                }
            }

            i = end;
        }

        if (!lastIsWhole && IsToolTurnOpen(messages))
        {
            traits |= TurnTraits.IsOpenToolTurn;
        }

        return new(changed ?? messages, traits);
    }

    /// <summary>
    /// Whether reasoning stands beside the results of tools: streams of Responses, collected without a ladder, leave that which follows
    /// there. The turn begins with it.
    /// </summary>
    private static bool HoldsReasoning(ChatMessage message)
    {
        if (message.Role != ChatRole.Tool)
        {
            return false;
        }

        var contents = message.Contents;
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is TextReasoningContent)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the model has called a function, and the request brings the result.</summary>
    public static bool IsToolTurnOpen(IReadOnlyList<ChatMessage> messages) =>
        messages.Count > 0 && messages[^1]?.Role == ChatRole.Tool;

    /// <summary>The step that called the function whose result the last message is; null if the call is not marked.</summary>
    public static Step? AuthorOfOpenTurn(IReadOnlyList<ChatMessage> messages, Step[] steps)
    {
        var i = messages.Count - 1;
        while (i >= 0 && messages[i]?.Role == ChatRole.Tool)
        {
            i--;
        }

        for (; i >= 0 && messages[i]?.Role == ChatRole.Assistant; i--)
        {
            foreach (var content in messages[i].Contents)
            {
                if (AuthorMark.Read(content) is { } mark)
                {
                    return Array.Find(steps, step => step.Local is null && AuthorMark.IsBy(mark, step.Endpoint));
                }
            }
        }

        return null;
    }

    /// <summary>What one turn holds.</summary>
    private readonly record struct Turn(bool IsOwn, bool IsForeign, bool HasState, bool HasRaw)
    {
        public static Turn Of(IReadOnlyList<ChatMessage> messages, int start, int end, Endpoint endpoint)
        {
            bool isOwn = false, isForeign = false, hasState = false, hasRaw = false;
            for (var i = start; i < end; i++)
            {
                hasRaw |= messages[i].RawRepresentation is not null;
                var contents = messages[i].Contents;
                for (var j = 0; j < contents.Count; j++)
                {
                    if (contents[j] is not { } content)
                    {
                        continue;
                    }

                    var isRaw = content.RawRepresentation is not null;
                    hasRaw |= isRaw;
                    hasState |= content is TextReasoningContent || (isRaw && content is FunctionCallContent);
                    if (AuthorMark.Read(content) is { } mark)
                    {
                        var isBy = AuthorMark.IsBy(mark, endpoint);
                        isOwn |= isBy;
                        isForeign |= !isBy;
                    }
                }
            }

            return new(isOwn, isForeign, hasState, hasRaw);
        }
    }
}
