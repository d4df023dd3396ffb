using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>What has been said so far: what a provider must be sent, whole, each time it is asked.</summary>
/// <remarks>Thread-safe: providers read it while they serve.</remarks>
internal sealed class Conversation
{
    private readonly List<(string Role, string Text)> _said = [];
    private readonly List<(string Id, string Name, string City)> _calls = [];
    private readonly List<(string Id, string Text)> _results = [];
    private readonly List<string> _differences = [];
    private int _requests;

    /// <summary>How many requests were compared.</summary>
    public int Requests
    {
        get
        {
            lock (_said)
            {
                return _requests;
            }
        }
    }

    /// <summary>The requests that were sent something else than the whole history.</summary>
    public IReadOnlyList<string> Differences
    {
        get
        {
            lock (_said)
            {
                return [.. _differences];
            }
        }
    }

    public void Asks(string question) => Says("user", question);

    public void Answers(string answer) => Says("assistant", answer);

    /// <summary>The model calls tools, and gets their results.</summary>
    public void Calls(IEnumerable<ScriptTool> calls)
    {
        lock (_said)
        {
            foreach (var call in calls)
            {
                var city = Tools.CityOf(call.ArgumentsJson);
                _calls.Add((call.CallId, call.Name, city));
                _results.Add((call.CallId, Tools.ResultOf(call.Name, city)));
            }
        }
    }

    public void Compare(string provider, ReceivedRequest request)
    {
        lock (_said)
        {
            _requests++;
            var where = $"{provider}, request {request.Number}";
            Compare(where + ", messages", _said, request.Messages.Where(IsSaid));
            Compare(where + ", calls", _calls, request.ToolCalls.Select(static c => (c.CallId, c.Name, Tools.CityOf(c.ArgumentsJson))));
            Compare(where + ", results", _results, request.ToolResults.Select(static r => (r.CallId, Tools.Plain(r.Text))));
            if (request.PreviousResponseId is not null || request.ConversationId is not null)
            {
                _differences.Add(where + ": relies on what the provider keeps");
            }
        }
    }

    /// <summary>Calls and results are compared for themselves; some protocols have messages without a text for them.</summary>
    private static bool IsSaid((string Role, string Text) message) => message.Role is "user" or "assistant" && message.Text.Length > 0;

    private void Says(string role, string text)
    {
        lock (_said)
        {
            _said.Add((role, text));
        }
    }

    private void Compare<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual)
    {
        var (wanted, got) = (string.Join(" | ", expected), string.Join(" | ", actual));
        if (wanted != got)
        {
            _differences.Add($"{what}:\n  expected {wanted}\n  but sent {got}");
        }
    }
}
