using HostedApp;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Resilient.Llm.Loopback;

// In place of two real providers. These clients are the official SDKs' with their own retries off, as QuickStart/SdkClients.cs makes them.
await using var primary = await LoopbackProvider.StartAsync("Hello from the primary model, the smart one.");
await using var cheaper = await LoopbackProvider.StartAsync("Hello from the cheaper model, the quick one.");

var builder = Host.CreateApplicationBuilder(args);

// Each model is a keyed client: the ladder finds it by its name, and the container goes on owning it.
builder.Services.AddKeyedSingleton<IChatClient>("primary", (_, _) => primary.CreateAnthropicClient());
builder.Services.AddKeyedSingleton<IChatClient>("cheaper", (_, _) => cheaper.CreateOpenAIClient());

// The ladder is the application's IChatClient. Whoever has one injected need not know what it is made of.
builder.Services.AddResilientChat(chat => chat
    .AddModel("primary")
    .AddModel("cheaper")
    .WithCircuitBreaker(failures: 5, within: TimeSpan.FromSeconds(10))
    .AddCachedAnswers()
    .AddLastResort(lastResort => lastResort.AddFaq("How do I reset my password?", "Choose 'Forgot password' on the sign-in page.")));

builder.Services.AddHostedService<Visit>();

await builder.Build().RunAsync();
return Environment.ExitCode;
