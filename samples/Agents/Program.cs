using Agents;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Loopback;

// Two providers on 127.0.0.1, which play models that call the tool below. The SDKs that talk to them are the real ones.
await using var openAI = await LoopbackProvider.StartAsync();
await using var anthropic = await LoopbackProvider.StartAsync();
openAI.Respond(PlayedModel.Respond);
anthropic.Respond(PlayedModel.Respond);

// The ladder: a model behind the Responses API first, Claude below it.
await using var services = new ServiceCollection()
    .AddKeyedSingleton("gpt", (_, _) => Clients.Responses(new Uri(openAI.BaseAddress, "v1")))
    .AddKeyedSingleton("claude", (_, _) => Clients.Claude(anthropic.BaseAddress))
    .AddResilientChat(chat => chat
        .AddModel("gpt")
        .AddModel("claude")

        // Only so that one question is one failure here. The default is two retries.
        .WithRetries(0))
    .BuildServiceProvider();

// The agent is made as above any other chat client. It brings its own function invocation, and its session keeps the conversation.
var agent = services.GetRequiredService<IChatClient>().AsAIAgent(
    instructions: "You help customers of a shop.",
    name: "desk",
    tools: [AIFunctionFactory.Create((string number) => $"Order {number} is on its way.", "order_status", "Where an order is.")]);
var session = await agent.CreateSessionAsync();
var talk = new Talk(agent, session);

await talk.TurnAsync("Where is order 1042?", servedBy: "gpt", tools: ["order_status(1042)"]);

openAI.Behavior = Script.ServerError();
await talk.TurnAsync("And order 1043?", servedBy: "claude", tools: ["order_status(1043)"]);
await talk.TurnAsync("So both are on their way?", servedBy: "claude", tools: []);

openAI.Respond(PlayedModel.Respond);
await talk.TurnAsync("Then where is order 1044?", servedBy: "gpt", tools: ["order_status(1044)"]);

return talk.End();
