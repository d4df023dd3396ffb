namespace Resilient.Llm.Loopback;

/// <summary>The stream of one answer: a response that starts, its items one after another, and a response that ends.</summary>
internal sealed class ResponsesStream(Script script, ReceivedRequest request, ResponsesItems items)
{
    private readonly ResponsesEvents _events = new();
    private int _index;

    public IEnumerable<Frame> Frames()
    {
        var started = ResponsesEnvelope.Started(script, request, items.ResponseId);
        yield return _events.Event(FrameKind.Preamble, "response.created", ("response", started));
        yield return _events.Event(FrameKind.Preamble, "response.in_progress", ("response", started));
        foreach (var frame in Reasoning().Concat(HostedTool()).Concat(Message()).Concat(Calls()))
        {
            yield return frame;
        }

        if (FinalEvent is { } name)
        {
            var finished = ResponsesEnvelope.Finished(script, request, items.ResponseId, items.All());
            yield return _events.Event(FrameKind.Finish, name, ("response", finished));
        }

        // Nothing follows. The empty frame is the place for a fault behind the last event.
        yield return new(FrameKind.End, []);
    }

    /// <summary>A cancelled response has no event of its own: its stream just ends.</summary>
    private string? FinalEvent => ResponsesEnvelope.StatusOf(script) is { } status and not "cancelled" ? $"response.{status}" : null;

    private IEnumerable<Frame> Reasoning()
    {
        if (script.ReasoningText is not { } text)
        {
            yield break;
        }

        (string, object?)[] place = [("item_id", items.ReasoningId), ("output_index", _index), ("summary_index", 0)];
        yield return Added(FrameKind.Preamble, items.Reasoning(null));
        yield return _events.Event(
            FrameKind.Preamble, "response.reasoning_summary_part.added", [.. place, ("part", ResponsesItems.SummaryPart(""))]);
        foreach (var piece in Wire.Pieces(text))
        {
            yield return _events.Event(FrameKind.Preamble, "response.reasoning_summary_text.delta", [.. place, ("delta", piece)]);
        }

        yield return _events.Event(FrameKind.Preamble, "response.reasoning_summary_text.done", [.. place, ("text", text)]);
        yield return _events.Event(
            FrameKind.Preamble, "response.reasoning_summary_part.done", [.. place, ("part", ResponsesItems.SummaryPart(text))]);
        yield return Done(FrameKind.Preamble, items.Reasoning(text));
    }

    private IEnumerable<Frame> HostedTool()
    {
        if (script.HostedTool is not { } tool)
        {
            yield break;
        }

        var (name, running) = tool.Kind == ScriptHostedTool.CodeInterpreter
            ? ("code_interpreter_call", "interpreting")
            : ("web_search_call", "searching");
        (string, object?)[] place = [("item_id", items.HostedToolId), ("output_index", _index)];
        yield return Added(FrameKind.Preamble, items.HostedTool(tool, "in_progress"));
        yield return _events.Event(FrameKind.Preamble, $"response.{name}.in_progress", place);
        yield return _events.Event(FrameKind.Preamble, $"response.{name}.{running}", place);
        yield return _events.Event(FrameKind.HostedToolEnd, $"response.{name}.completed", place);
        yield return Done(FrameKind.Preamble, items.HostedTool(tool, "completed"));
    }

    private IEnumerable<Frame> Message()
    {
        if (!items.HasMessage)
        {
            yield break;
        }

        // The end of a block belongs to what follows it: a fault "after the last content" comes before it.
        var end = script.Tools.Count == 0 ? FrameKind.BlockEnd : FrameKind.Preamble;
        var parts = new List<object>();
        yield return Added(FrameKind.Preamble, items.Message(parts, "in_progress"));
        if (script.Text.Length > 0)
        {
            var textEnd = script.RefusalText is null ? end : FrameKind.Preamble;
            foreach (var frame in Part(parts, script.Text, "output_text", "text", ResponsesItems.TextPart, textEnd))
            {
                yield return frame;
            }
        }

        if (script.RefusalText is { } words)
        {
            foreach (var frame in Part(parts, words, "refusal", "refusal", ResponsesItems.RefusalPart, end))
            {
                yield return frame;
            }
        }

        yield return Done(end, items.Message(parts));
    }

    private IEnumerable<Frame> Part(List<object> parts, string text, string name, string field, Func<string, object> part, FrameKind end)
    {
        (string, object?)[] place = [("item_id", items.MessageId), ("output_index", _index), ("content_index", parts.Count)];
        yield return _events.Event(FrameKind.Preamble, "response.content_part.added", [.. place, ("part", part(""))]);
        foreach (var piece in Wire.Pieces(text))
        {
            yield return _events.Event(FrameKind.Content, $"response.{name}.delta", [.. place, ("delta", piece)]);
        }

        yield return _events.Event(end, $"response.{name}.done", [.. place, (field, text)]);
        yield return _events.Event(end, "response.content_part.done", [.. place, ("part", part(text))]);
        parts.Add(part(text));
    }

    private IEnumerable<Frame> Calls()
    {
        for (var i = 0; i < script.Tools.Count; i++)
        {
            var tool = script.Tools[i];
            var (first, second) = Wire.Halves(tool.ArgumentsJson);
            (string, object?)[] place = [("item_id", items.CallId(i)), ("output_index", _index)];
            var end = i + 1 == script.Tools.Count ? FrameKind.BlockEnd : FrameKind.Preamble;
            yield return Added(FrameKind.Content, items.Call(tool, i, "", "in_progress"));
            yield return _events.Event(FrameKind.Content, "response.function_call_arguments.delta", [.. place, ("delta", first)]);
            yield return _events.Event(FrameKind.Content, "response.function_call_arguments.delta", [.. place, ("delta", second)]);
            yield return _events.Event(
                end, "response.function_call_arguments.done", [.. place, ("name", tool.Name), ("arguments", tool.ArgumentsJson)]);
            yield return Done(end, items.Call(tool, i, tool.ArgumentsJson, "completed"));
        }
    }

    private Frame Added(FrameKind kind, object item) =>
        _events.Event(kind, "response.output_item.added", ("output_index", _index), ("item", item));

    private Frame Done(FrameKind kind, object item) =>
        _events.Event(kind, "response.output_item.done", ("output_index", _index++), ("item", item));
}
