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
    public void Calls(IEnumerable<(string Id, string Name, string City)> calls)
    {
        lock (_said)
        {
            foreach (var call in calls)
            {
                _calls.Add(call);
                _results.Add((call.Id, Tools.ResultOf(call.Name, call.City)));
            }
        }
    }

    public void Compare(string provider, ReceivedRequest request)
    {
        lock (_said)
        {
            _requests++;
            var where = $"{provider}, request {request.Number}";
            Compare(where + ", messages", _said, request.Messages.Where(static message => message.Role is "user" or "assistant" && message.Text.Length > 0));
            Compare(where + ", calls", _calls, request.ToolCalls.Select(static call => (call.CallId, call.Name, Tools.CityOf(call.ArgumentsJson))));
            Compare(where + ", results", _results, request.ToolResults.Select(static result => (result.CallId, Tools.Plain(result.Text))));
            if (request.PreviousResponseId is not null || request.ConversationId is not null)
            {
                _differences.Add(where + ": relies on what the provider keeps");
            }
        }
    }

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
