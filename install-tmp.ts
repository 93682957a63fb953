import { sparkInstallation } from "/work/wt/speed/test/support/spark/spark-installation.ts";
for (const v of ["4.2","3.5","4.0","4.1"]) { const t=Date.now(); await sparkInstallation(v); console.log(v, (Date.now()-t)/1000); }
