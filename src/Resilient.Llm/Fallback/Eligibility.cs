using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Which steps a request may ask, whatever their state: by residency, window, capabilities, conversation, AllowFallback.</summary>
internal sealed class Eligibility(FallbackRequest request)
{
    // Computed only if some model lacks a capability.
    private ChatCapabilities? _needs;

    // The largest window that was too small for the request.
    private int? _windowTooSmall;

    public bool WasRefusedByResidency { get; private set; }

    /// <summary>Whether the caller allows the step's level.</summary>
    public bool IsAllowed(Step step) => step.Level == 0 || request.Options.AllowFallback;

    /// <summary>Whether a local step below the step at <paramref name="index"/> may still answer.</summary>
    public bool HasLocalStepBehind(int index)
    {
        if (request.Options.AllowFallback)
        {
            var steps = request.Steps;
            for (var i = index + 1; i < steps.Length; i++)
            {
                if (steps[i].Local is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether a step is a model that may be asked.</summary>
    public bool MayAsk(Step step) =>
        step.Local is null && IsAllowed(step) && request.Context.Residency.Allows(step.Endpoint.Geography) && WhyUnfit(step) is null;

    /// <summary>Why a model may not be asked; null if it may. A refusal by residency is noted for the audit.</summary>
    public string? WhyNot(Step step)
    {
        var context = request.Context;
        if (!context.Residency.Allows(step.Endpoint.Geography))
        {
            WasRefusedByResidency = true;
            context.Audit.Refuse(step.Endpoint, $"the data may only go to: {context.Residency}");
            return "outside the residency";
        }

        return WhyUnfit(step);
    }

    /// <summary>The request was too long for a model: from now on only models with a larger window may be asked.</summary>
    public void RequireLargerWindowThan(Step step) => _windowTooSmall = Math.Max(step.ContextWindow ?? int.MaxValue, _windowTooSmall ?? 0);

    /// <summary>The refusal that said so was without cause.</summary>
    public void ForgetTooSmallWindows() => _windowTooSmall = null;

    /// <summary>Whether a model's declared window is larger than all that were too small.</summary>
    public bool HasLargerWindow(Step step) => step.ContextWindow > _windowTooSmall;

    private string? WhyUnfit(Step step)
    {
        if (_windowTooSmall is not null && !HasLargerWindow(step))
        {
            return "context window not declared larger";
        }

        if (step.Capabilities != ChatCapabilities.All && WhatLacks(step) is { } lack)
        {
            return lack;
        }

        return !IsHeldElsewhere(step) ? null
            : request.ConversationHolder is null ? "conversation is held by the first model"
            : "conversation is held by another endpoint";
    }

    private string? WhatLacks(Step step)
    {
        var lacking = (_needs ??= RequestNeeds.Of(request.Options, request.Messages)) & ~step.Capabilities;
        return lacking.HasFlag(ChatCapabilities.Tools) ? "no tools"
            : lacking.HasFlag(ChatCapabilities.Vision) ? "no vision"
            : lacking.HasFlag(ChatCapabilities.StructuredOutput) ? "no structured output"
            : null;
    }

    /// <summary>Whether the request needs state that another endpoint holds.</summary>
    /// <remarks>
    /// The holder is the endpoint that gave the id, and models declared to share the first model's account. If this process did not see
    /// the id: the first model's endpoints and those models.
    /// </remarks>
    private bool IsHeldElsewhere(Step step) =>
        request.Options.IsBound
        && !(request.ConversationHolder is { } holder
            ? step == holder || (holder.Level == 0 && step is { Level: > 0, AcceptsProviderFields: true })
            : step.TakesProviderFields);
}
