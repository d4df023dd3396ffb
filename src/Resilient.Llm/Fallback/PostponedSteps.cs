using System.Diagnostics.CodeAnalysis;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <summary>The steps of one request that were passed over and may be asked later, when better ones have failed.</summary>
internal sealed class PostponedSteps
{
    // Slow ones first, then those whose region is drained.
    private readonly List<Step> _lastChoices = [];
    private readonly Queue<Step> _passedByHedge = [];
    private readonly Queue<Step> _leftToProbe = [];
    private int _slowCount;

    /// <summary>Whether one is left that is slow or whose region is drained.</summary>
    public bool HasLastChoice => _lastChoices.Count > 0;

    /// <summary>Keeps a step that is not available.</summary>
    public void Add(Step step, in Availability availability)
    {
        if (availability.IsDrained)
        {
            _lastChoices.Add(step);
        }
        else if (availability.IsSlow)
        {
            _lastChoices.Insert(_slowCount++, step);
        }
        else if (availability.IsLeftToProbe)
        {
            _leftToProbe.Enqueue(step);
        }
        else
        {
            AddPassedByHedge(step);
        }
    }

    /// <summary>
    /// Keeps a step that was unavailable or half-open for a hedge. When the slow model has failed in the end, it may be back.
    /// </summary>
    public void AddPassedByHedge(Step step) => _passedByHedge.Enqueue(step);

    public bool AnyPassedByHedge(Func<Step, bool> predicate) => _passedByHedge.Any(predicate);

    public bool TryTakePassedByHedge([NotNullWhen(true)] out Step? step) => _passedByHedge.TryDequeue(out step);

    /// <summary>Takes a step that is slow or drained: a late answer, or one from there, is better than none.</summary>
    public bool TryTakeLastChoice([NotNullWhen(true)] out Step? step)
    {
        step = null;
        if (!HasLastChoice)
        {
            return false;
        }

        step = _lastChoices[0];
        _lastChoices.RemoveAt(0);
        _slowCount = Math.Max(0, _slowCount - 1);
        return true;
    }

    /// <summary>Takes a step that is about to be probed: where nothing else has answered, the request finds out itself.</summary>
    public bool TryTakeLeftToProbe([NotNullWhen(true)] out Step? step) => _leftToProbe.TryDequeue(out step);
}
