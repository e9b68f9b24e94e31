/** What every project shares: TypeScript read as it stands, packages resolved to their sources. */
const shared = {
  testEnvironment: "node",
  testEnvironmentOptions: { customExportConditions: ["mara-source", "node", "node-addons"] },
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  transform: {
    "\\.tsx?$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript", tsx: true },
          target: "es2023",
          transform: { react: { runtime: "automatic", importSource: "preact" } },
        },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  modulePathIgnorePatterns: ["/dist/", "/\\.data/"],
};

export default {
  projects: [
    { ...shared, displayName: "pure", testMatch: ["<rootDir>/packages/{connectors,identity}/**/*.test.ts"] },
    {
      ...shared,
      displayName: "services",
      testMatch: [
        "<rootDir>/packages/{queue,runtime,store}/**/*.test.ts",
        "<rootDir>/{apps,launch,test}/**/*.test.{ts,tsx}",
      ],
      testPathIgnorePatterns: ["<rootDir>/test/browser/"],
      globalSetup: "<rootDir>/test/support/global-setup.ts",
      globalTeardown: "<rootDir>/test/support/global-teardown.ts",
    },
    {
      ...shared,
      displayName: "browser",
      testMatch: ["<rootDir>/test/browser/**/*.test.ts"],
      globalSetup: "<rootDir>/test/support/global-setup.ts",
      globalTeardown: "<rootDir>/test/support/global-teardown.ts",
    },
  ],
  testTimeout: 60_000,
};
