/** Promise: the counters are parsed from what nvme-cli and smartctl print; from any other text there is no counter. */
import { expect, it } from 'vitest';
import { parseNvmeSmartLog, parseSmartctl, readPowerCounters } from '../../src/blockdev/powerCounters.js';
import type { DeviceIdentity } from '../../src/blockdev/blockDevice.js';

/** nvme-cli 2.8, `nvme smart-log -o json`. */
const NVME_LOG = `{
  "critical_warning":0, "temperature":309, "avail_spare":100, "spare_thresh":10, "percent_used":1,
  "endurance_grp_critical_warning_summary":0, "data_units_read":8731246, "data_units_written":19482011,
  "host_read_commands":142380411, "host_write_commands":331021877, "controller_busy_time":1120,
  "power_cycles":214, "power_on_hours":5230, "unsafe_shutdowns":187, "media_errors":0, "num_err_log_entries":0
}`;
/** smartctl 7.4, `--json --attributes`: an NVMe, a SATA and a SAS disk, shortened. */
const SMART_NVME = `{ "json_format_version":[1,0], "smartctl":{"version":[7,4],"exit_status":0},
  "device":{"name":"/dev/nvme0","type":"nvme","protocol":"NVMe"},
  "nvme_smart_health_information_log":{"power_cycles":214,"power_on_hours":5230,"unsafe_shutdowns":187,"media_errors":0},
  "power_cycle_count":214 }`;
const SMART_SATA = `{ "smartctl":{"exit_status":64}, "device":{"type":"sat","protocol":"ATA"},
  "ata_smart_attributes":{"table":[{"id":12,"name":"Power_Cycle_Count","value":99,"raw":{"value":412,"string":"412"}}]},
  "power_cycle_count":412, "power_on_time":{"hours":30211} }`;
const SMART_SAS = `{ "device":{"type":"scsi","protocol":"SCSI"},
  "scsi_start_stop_cycle_counter":{"year_of_manufacture":"2019","accumulated_start_stop_cycles":73,"specified_cycle_count_over_device_lifetime":10000} }`;

it('the output of nvme-cli is parsed', () => {
  expect(parseNvmeSmartLog(NVME_LOG)).toEqual({ source: 'nvme-cli', unsafeShutdowns: 187, powerCycles: 214 });
  expect(parseNvmeSmartLog('{"unsafe_shutdowns":"187","power_cycles":"214"}')).toEqual({
    source: 'nvme-cli',
    unsafeShutdowns: 187,
    powerCycles: 214,
  });
});

it('the output of smartctl is parsed, whatever bits its exit code has', () => {
  expect(parseSmartctl(SMART_NVME)).toEqual({ source: 'smartctl', unsafeShutdowns: 187, powerCycles: 214 });
  expect(parseSmartctl(SMART_SATA)).toEqual({ source: 'smartctl', unsafeShutdowns: null, powerCycles: 412 });
  expect(parseSmartctl(SMART_SAS)).toEqual({ source: 'smartctl', unsafeShutdowns: null, powerCycles: 73 });
});

it('any other text gives no counter', () => {
  for (const text of [
    '',
    'Usage: nvme',
    '[]',
    'null',
    '{}',
    '{"unsafe_shutdowns":-1}',
    '{"power_cycles":1e300}',
    '{"smartctl":{"exit_status":2}}',
  ]) {
    expect(parseNvmeSmartLog(text), text).toBeNull();
    expect(parseSmartctl(text), text).toBeNull();
  }
});

it('no program is started for a device that keeps no counters', async () => {
  expect(await readPowerCounters({ kernelName: 'loop7' } as DeviceIdentity)).toBeNull();
});
