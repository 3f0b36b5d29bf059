'use strict';
// Drives npm's @mempool/electrum-client for js_wallet.py.
//   node wallet_agent.js MODULE_FOLDER PORT tcp|tls
// stdin: one JSON line per call, {"id", "call": method of the client, "args"};
// stdout: {"id", "result"} or {"id", "error"}; notifications as {"event", "params"}.
const readline = require('readline');

const [folder, port, protocol] = process.argv.slice(2);
const ElectrumClient = require(folder + '/node_modules/@mempool/electrum-client');

const EVENTS = ['blockchain.headers.subscribe', 'blockchain.scripthash.subscribe'];

function print(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

async function main() {
    const client = new ElectrumClient(Number(port), '127.0.0.1', protocol, null, {
        onError: error => print({event: 'error', params: String(error)}),
        onLog: () => {},
    });
    for (const event of EVENTS) client.subscribe.on(event, params => print({event, params}));
    await client.initElectrum({client: 'mempool', version: '1.4'},
        {retryPeriod: 100, maxRetry: 0, pingPeriod: 120000, callback: null});
    print({event: 'connected', params: client.versionInfo});
    readline.createInterface({input: process.stdin}).on('line', async line => {
        const {id, call, args} = JSON.parse(line);
        try {
            print({id, result: await client[call](...args)});
        } catch (error) {
            print({id, error: error.message || error});
        }
    }).on('close', () => {
        client.close();
        process.exit(0);
    });
}

main().catch(error => {
    print({event: 'error', params: String(error)});
    process.exit(1);
});
